//! fib(N) by rayon's join, every level a join. Prints the result and the seconds it took.
use std::time::Instant;

fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (a, b) = rayon::join(|| fib(n - 1), || fib(n - 2));
    a + b
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n = args[1].parse().unwrap();
    let threads = args[2].parse().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let (result, seconds) = pool.install(|| {
        let start = Instant::now();
        let result = fib(n);
        (result, start.elapsed().as_secs_f64())
    });
    println!("{} {}", result, seconds);
}
