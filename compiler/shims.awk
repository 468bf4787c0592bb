# shims.awk - lists the C functions of the standard library for interp_shim.c:
#   awk -f shims.awk stdlib/*.dfl > shims.def
/^[^\/"]*extern "dfl"/ {
    module = FILENAME
    sub(/.*\//, "", module)
    sub(/\.dfl$/, "", module)
    name = $0
    sub(/.*[ \t]fn[ \t]+/, "", name)
    sub(/[^A-Za-z0-9_].*/, "", name)
    print "SHIM(dfl_std_" module "_" name ")"
}
