"""How runs on several nodes begin wrongly and end early."""


def cases(dfl):
    return []
