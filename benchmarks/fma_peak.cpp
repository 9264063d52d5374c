// The most fused multiply-adds this machine does: independent chains in registers, every core. Prints GFLOP/s.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#ifdef __AVX512F__
constexpr int WIDTH = 8;
#elif defined(__AVX__)
constexpr int WIDTH = 4;
#else
constexpr int WIDTH = 2;
#endif
constexpr int CHAINS = 12;  // latency times units of today's cores, and no more than the registers hold
typedef double Lanes __attribute__((vector_size(8 * WIDTH)));

#ifdef __x86_64__
#define KEEP(lanes) asm volatile("" : "+v"(lanes))
#else
#define KEEP(lanes) asm volatile("" : "+w"(lanes))
#endif

static double spin(long rounds, double seed) {
    const Lanes factor = Lanes{} + (1 - 1e-9 * seed), term = Lanes{} + 1e-9 * seed;
    Lanes a = term + 1, b = term + 2, c = term + 3, d = term + 4, e = term + 5, f = term + 6, g = term + 7, h = term + 8, i = term + 9,
          j = term + 10, k = term + 11, l = term + 12;
    for (long round = 0; round < rounds; ++round) {
        a = a * factor + term; b = b * factor + term; c = c * factor + term; d = d * factor + term;
        e = e * factor + term; f = f * factor + term; g = g * factor + term; h = h * factor + term;
        i = i * factor + term; j = j * factor + term; k = k * factor + term; l = l * factor + term;
        KEEP(a); KEEP(b); KEEP(c); KEEP(d); KEEP(e); KEEP(f); KEEP(g); KEEP(h); KEEP(i); KEEP(j); KEEP(k); KEEP(l);
    }
    const Lanes total = a + b + c + d + e + f + g + h + i + j + k + l;
    return total[0] + total[WIDTH - 1];
}

int main(int argc, char **argv) {
    const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
    const long rounds = 8000000;
    double best = 0, sink = 0;
    for (int trial = 0; trial < 7; ++trial) {
        std::vector<double> sums(threads);
        std::vector<std::thread> crew;
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < threads; ++i) crew.emplace_back([&sums, i, rounds] { sums[i] = spin(rounds, 1 + i); });
        for (auto &worker : crew) worker.join();
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        for (double sum : sums) sink += sum;
        const double speed = 2.0 * WIDTH * CHAINS * rounds * threads / seconds * 1e-9;
        best = speed > best ? speed : best;
    }
    std::printf("%.3f %d %g\n", best, 64 * WIDTH, sink);
}
