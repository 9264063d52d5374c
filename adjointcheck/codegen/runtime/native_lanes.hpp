// Numbers.  On the device a number is one float or double and a mask one bool; on the CPU a number holds one value for
// each lane of a group of trajectories, as one vector register or (Pair) as several, and a mask holds a truth for each.
// Everything below works lane by lane: no lane ever sees another.

#if defined(__CUDACC__)
#define ADJ_INLINE __device__ __forceinline__
#define ADJ_OUTLINE __device__ __noinline__
#define ADJ_LAMBDA
#define ADJ_CONSTEXPR __device__ constexpr
#define ADJ_DATA __device__ const
#else
#include <math.h>
#include <stdlib.h>
#include <string.h>
#define ADJ_INLINE inline __attribute__((always_inline))
#define ADJ_OUTLINE __attribute__((noinline))
#define ADJ_LAMBDA __attribute__((always_inline))
#define ADJ_CONSTEXPR constexpr
#define ADJ_DATA static const
#endif

typedef long long int64;

// Loops that are written out: the index is a constant, so that a zero of the tableau costs nothing.

template <int I> struct Index {
    static constexpr int value = I;
    ADJ_INLINE constexpr operator int() const { return I; }
};

template <int BEGIN, int END, class F> ADJ_INLINE void upward(F f) {
    if constexpr (BEGIN < END) {
        f(Index<BEGIN>{});
        upward<BEGIN + 1, END>(f);
    }
}

template <int END, int BEGIN = 0, class F> ADJ_INLINE void downward(F f) {
    if constexpr (END > BEGIN) {
        f(Index<END - 1>{});
        downward<END - 1, BEGIN>(f);
    }
}

// Components of a column: written out when there are few.
template <int COUNT, class F> ADJ_INLINE void columns(F f) {
    if constexpr (COUNT <= 8) {
        upward<0, COUNT>(f);
    } else {
        for (int c = 0; c < COUNT; ++c) f(c);
    }
}

#if defined(__CUDACC__)

template <class T> struct Lane {
    typedef T Real;
    typedef bool Mask;
    static constexpr int COUNT = 1;
};
#define ADJ_FOR_EACH_REAL(DEFINE) DEFINE(double, ) DEFINE(float, f)
#define ADJ_FUNCTIONS(T, suffix) \
    ADJ_INLINE T function_exp(T a) { return exp##suffix(a); } \
    ADJ_INLINE T function_log(T a) { return log##suffix(a); } \
    ADJ_INLINE T function_sin(T a) { return sin##suffix(a); } \
    ADJ_INLINE T function_cos(T a) { return cos##suffix(a); } \
    ADJ_INLINE T function_tan(T a) { return tan##suffix(a); } \
    ADJ_INLINE T function_sinh(T a) { return sinh##suffix(a); } \
    ADJ_INLINE T function_cosh(T a) { return cosh##suffix(a); } \
    ADJ_INLINE T function_tanh(T a) { return tanh##suffix(a); } \
    ADJ_INLINE T function_asin(T a) { return asin##suffix(a); } \
    ADJ_INLINE T function_acos(T a) { return acos##suffix(a); } \
    ADJ_INLINE T function_atan(T a) { return atan##suffix(a); } \
    ADJ_INLINE T function_sqrt(T a) { return sqrt##suffix(a); } \
    ADJ_INLINE T function_abs(T a) { return fabs##suffix(a); } \
    ADJ_INLINE T function_rint(T a) { return rint##suffix(a); } \
    ADJ_INLINE T function_ceil(T a) { return ceil##suffix(a); } \
    ADJ_INLINE T function_pow(T a, T b) { return pow##suffix(a, b); } \
    ADJ_INLINE void function_sincos(T a, T &s, T &c) { sincos##suffix(a, &s, &c); } \
    ADJ_INLINE T fused(T a, T b, T c) { return fma##suffix(a, b, c); } \
    ADJ_INLINE T log2_positive(T a) { return log2##suffix(a); } \
    ADJ_INLINE T exp2_moderate(T a) { return exp2##suffix(a); }
ADJ_FOR_EACH_REAL(ADJ_FUNCTIONS)

template <class R> ADJ_INLINE R choose(bool mask, R a, R b) { return mask ? a : b; }
ADJ_INLINE bool negated(bool a) { return !a; }
ADJ_INLINE bool both(bool a, bool b) { return a && b; }
ADJ_INLINE bool either(bool a, bool b) { return a || b; }
template <class R> ADJ_INLINE bool less(R a, R b) { return a < b; }
template <class R> ADJ_INLINE bool less_equal(R a, R b) { return a <= b; }
template <class R> ADJ_INLINE bool same(R a, R b) { return a == b; }
ADJ_INLINE unsigned bits_of(bool mask) { return mask; }
template <class F> ADJ_INLINE void each_lane(unsigned bits, F f) {
    if (bits) f(0);
}
template <class R> ADJ_INLINE R broadcast(typename Lane<R>::Real value) { return value; }

#else

#if defined(__AVX512F__)
#define ADJ_VECTOR_BYTES 64
#elif defined(__AVX__)
#define ADJ_VECTOR_BYTES 32
#else
#define ADJ_VECTOR_BYTES 16
#endif

typedef double VectorD __attribute__((vector_size(ADJ_VECTOR_BYTES)));
typedef float VectorF __attribute__((vector_size(ADJ_VECTOR_BYTES)));
typedef long long MaskD __attribute__((vector_size(ADJ_VECTOR_BYTES)));
typedef int MaskF __attribute__((vector_size(ADJ_VECTOR_BYTES)));

// Two numbers side by side: two chains of instructions hide each other's latency.
template <class V> struct Pair {
    V low, high;
};

template <class R> struct Lane;
template <> struct Lane<VectorD> {
    typedef double Real;
    typedef MaskD Mask;
    static constexpr int COUNT = ADJ_VECTOR_BYTES / 8;
};
template <> struct Lane<VectorF> {
    typedef float Real;
    typedef MaskF Mask;
    static constexpr int COUNT = ADJ_VECTOR_BYTES / 4;
};
template <class V> struct Lane<Pair<V>> {
    typedef typename Lane<V>::Real Real;
    typedef Pair<typename Lane<V>::Mask> Mask;
    static constexpr int COUNT = 2 * Lane<V>::COUNT;
};

#define ADJ_PAIRED_OPERATOR(sign) \
    template <class V> ADJ_INLINE Pair<V> operator sign(Pair<V> a, Pair<V> b) { return {a.low sign b.low, a.high sign b.high}; }
ADJ_PAIRED_OPERATOR(+)
ADJ_PAIRED_OPERATOR(-)
ADJ_PAIRED_OPERATOR(*)
ADJ_PAIRED_OPERATOR(/)
template <class V> ADJ_INLINE Pair<V> operator-(Pair<V> a) { return {-a.low, -a.high}; }
template <class V> ADJ_INLINE Pair<V> &operator+=(Pair<V> &a, Pair<V> b) { return a = a + b; }
template <class R> ADJ_INLINE R fused(R a, R b, R c) { return a * b + c; }  // which compilers contract where the machine can

template <class R> struct Broadcast {
    static ADJ_INLINE R of(typename Lane<R>::Real value) { return value - R{}; }
};
template <class V> struct Broadcast<Pair<V>> {
    static ADJ_INLINE Pair<V> of(typename Lane<V>::Real value) { return {Broadcast<V>::of(value), Broadcast<V>::of(value)}; }
};
template <class R> ADJ_INLINE R broadcast(typename Lane<R>::Real value) { return Broadcast<R>::of(value); }

// Masks are all ones where true.
#define ADJ_COMPARISON(name, sign) \
    template <class V> ADJ_INLINE typename Lane<V>::Mask name(V a, V b) { return a sign b; } \
    template <class V> ADJ_INLINE typename Lane<Pair<V>>::Mask name(Pair<V> a, Pair<V> b) { return {a.low sign b.low, a.high sign b.high}; }
ADJ_COMPARISON(less, <)
ADJ_COMPARISON(less_equal, <=)
ADJ_COMPARISON(same, ==)
template <class M> ADJ_INLINE M negated(M a) { return ~a; }
template <class M> ADJ_INLINE M both(M a, M b) { return a & b; }
template <class M> ADJ_INLINE M either(M a, M b) { return a | b; }
template <class M> ADJ_INLINE Pair<M> negated(Pair<M> a) { return {~a.low, ~a.high}; }
template <class M> ADJ_INLINE Pair<M> both(Pair<M> a, Pair<M> b) { return {a.low & b.low, a.high & b.high}; }
template <class M> ADJ_INLINE Pair<M> either(Pair<M> a, Pair<M> b) { return {a.low | b.low, a.high | b.high}; }
template <class V> ADJ_INLINE V choose(typename Lane<V>::Mask mask, V a, V b) { return mask ? a : b; }
template <class V> ADJ_INLINE Pair<V> choose(Pair<typename Lane<V>::Mask> mask, Pair<V> a, Pair<V> b) {
    return {mask.low ? a.low : b.low, mask.high ? a.high : b.high};
}

// One bit for each lane: the signs, which x86 collects from up to 32 bytes at once.
#if defined(__x86_64__)
#if defined(__AVX__)
#define ADJ_SIGNS 32
#define ADJ_SIGNS_OF(type) __builtin_ia32_movmsk##type##256
#else
#define ADJ_SIGNS 16
#define ADJ_SIGNS_OF(type) __builtin_ia32_movmsk##type
#endif
typedef double SignsD __attribute__((vector_size(ADJ_SIGNS)));
typedef float SignsF __attribute__((vector_size(ADJ_SIGNS)));
ADJ_INLINE unsigned bits_of(MaskD mask) {
    SignsD parts[ADJ_VECTOR_BYTES / ADJ_SIGNS];
    memcpy(parts, &mask, sizeof(mask));
    unsigned bits = 0;
    for (int i = 0; i < ADJ_VECTOR_BYTES / ADJ_SIGNS; ++i) bits |= unsigned(ADJ_SIGNS_OF(pd)(parts[i])) << (ADJ_SIGNS / 8 * i);
    return bits;
}
ADJ_INLINE unsigned bits_of(MaskF mask) {
    SignsF parts[ADJ_VECTOR_BYTES / ADJ_SIGNS];
    memcpy(parts, &mask, sizeof(mask));
    unsigned bits = 0;
    for (int i = 0; i < ADJ_VECTOR_BYTES / ADJ_SIGNS; ++i) bits |= unsigned(ADJ_SIGNS_OF(ps)(parts[i])) << (ADJ_SIGNS / 4 * i);
    return bits;
}
#else
template <class M> ADJ_INLINE unsigned bits_of(M mask) {
    unsigned bits = 0;
    constexpr int lanes = sizeof(M) / sizeof(mask[0]);
    M weighted;
    for (int l = 0; l < lanes; ++l) weighted[l] = 1 << l;
    weighted &= mask;
    for (int l = 0; l < lanes; ++l) bits |= (unsigned)weighted[l];
    return bits;
}
#endif
template <class M> ADJ_INLINE unsigned bits_of(Pair<M> mask) {
    return bits_of(mask.low) | bits_of(mask.high) << (sizeof(M) / sizeof(mask.low[0]));
}

// Every lane that has its bit in `bits`.
template <class F> ADJ_INLINE void each_lane(unsigned bits, F f) {
    for (; bits; bits &= bits - 1) f(__builtin_ctz(bits));
}

#define ADJ_LANEWISE(name, call, callf) \
    ADJ_INLINE VectorD name(VectorD a) { \
        VectorD r; \
        for (int l = 0; l < Lane<VectorD>::COUNT; ++l) r[l] = call(a[l]); \
        return r; \
    } \
    ADJ_INLINE VectorF name(VectorF a) { \
        VectorF r; \
        for (int l = 0; l < Lane<VectorF>::COUNT; ++l) r[l] = callf(a[l]); \
        return r; \
    }
#define ADJ_PAIRED(name) \
    template <class V> ADJ_INLINE Pair<V> name(Pair<V> a) { return {name(a.low), name(a.high)}; }
// The vector library of glibc, where it is; elsewhere one lane after the other.
#define ADJ_VECTOR_NAME_(isa, lanes, arguments, name) _ZGV##isa##N##lanes##arguments##_##name
#define ADJ_VECTOR_NAME(isa, lanes, arguments, name) ADJ_VECTOR_NAME_(isa, lanes, arguments, name)
#define ADJ_LIBRARY(name) \
    extern "C" VectorD ADJ_VECTOR_NAME(ADJ_ISA, ADJ_LANES_D, v, name)(VectorD); \
    extern "C" VectorF ADJ_VECTOR_NAME(ADJ_ISA, ADJ_LANES_F, v, name##f)(VectorF); \
    ADJ_INLINE VectorD function_##name(VectorD a) { return ADJ_VECTOR_NAME(ADJ_ISA, ADJ_LANES_D, v, name)(a); } \
    ADJ_INLINE VectorF function_##name(VectorF a) { return ADJ_VECTOR_NAME(ADJ_ISA, ADJ_LANES_F, v, name##f)(a); } \
    ADJ_PAIRED(function_##name)
#define ADJ_SCALARS(name) ADJ_LANEWISE(function_##name, ::name, ::name##f) ADJ_PAIRED(function_##name)
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(ADJ_SCALAR_FUNCTIONS)
#define ADJ_GLIBC (__GLIBC__ * 1000 + __GLIBC_MINOR__)
#if defined(__AVX512F__)
#define ADJ_ISA e
#define ADJ_LANES_D 8
#define ADJ_LANES_F 16
#elif defined(__AVX2__)
#define ADJ_ISA d
#define ADJ_LANES_D 4
#define ADJ_LANES_F 8
#elif defined(__AVX__)
#define ADJ_ISA c
#define ADJ_LANES_D 4
#define ADJ_LANES_F 8
#else
#define ADJ_ISA b
#define ADJ_LANES_D 2
#define ADJ_LANES_F 4
#endif
#else
#define ADJ_GLIBC 0
#endif
#if ADJ_GLIBC >= 2022
ADJ_LIBRARY(exp) ADJ_LIBRARY(log) ADJ_LIBRARY(sin) ADJ_LIBRARY(cos)
#else
ADJ_SCALARS(exp) ADJ_SCALARS(log) ADJ_SCALARS(sin) ADJ_SCALARS(cos)
#endif
#if ADJ_GLIBC >= 2035
ADJ_LIBRARY(tan) ADJ_LIBRARY(sinh) ADJ_LIBRARY(cosh) ADJ_LIBRARY(tanh) ADJ_LIBRARY(asin) ADJ_LIBRARY(acos) ADJ_LIBRARY(atan)
#else
ADJ_SCALARS(tan) ADJ_SCALARS(sinh) ADJ_SCALARS(cosh) ADJ_SCALARS(tanh) ADJ_SCALARS(asin) ADJ_SCALARS(acos) ADJ_SCALARS(atan)
#endif
ADJ_LANEWISE(function_sqrt, __builtin_sqrt, __builtin_sqrtf) ADJ_PAIRED(function_sqrt)
ADJ_LANEWISE(function_abs, __builtin_fabs, __builtin_fabsf) ADJ_PAIRED(function_abs)
ADJ_LANEWISE(function_rint, __builtin_rint, __builtin_rintf) ADJ_PAIRED(function_rint)
ADJ_LANEWISE(function_ceil, __builtin_ceil, __builtin_ceilf) ADJ_PAIRED(function_ceil)

template <class V> ADJ_INLINE V function_pow(V a, V b) {
    V r;
    for (int l = 0; l < Lane<V>::COUNT; ++l) r[l] = ::pow(a[l], b[l]);
    return r;
}
#if ADJ_GLIBC >= 2022
extern "C" VectorD ADJ_VECTOR_NAME(ADJ_ISA, ADJ_LANES_D, vv, pow)(VectorD, VectorD);
extern "C" VectorF ADJ_VECTOR_NAME(ADJ_ISA, ADJ_LANES_F, vv, powf)(VectorF, VectorF);
ADJ_INLINE VectorD function_pow(VectorD a, VectorD b) { return ADJ_VECTOR_NAME(ADJ_ISA, ADJ_LANES_D, vv, pow)(a, b); }
ADJ_INLINE VectorF function_pow(VectorF a, VectorF b) { return ADJ_VECTOR_NAME(ADJ_ISA, ADJ_LANES_F, vv, powf)(a, b); }
#endif
template <class V> ADJ_INLINE Pair<V> function_pow(Pair<V> a, Pair<V> b) {
    return {function_pow(a.low, b.low), function_pow(a.high, b.high)};
}

// What the bits of a number are.
template <class V> struct Bits;
template <> struct Bits<VectorD> {
    static constexpr int FRACTION = 52;
    static constexpr double MIDDLE = 6755399441055744.0;
};
template <> struct Bits<VectorF> {
    static constexpr int FRACTION = 23;
    static constexpr float MIDDLE = 12582912.0f;
};

// Sine and cosine from one reduction of the argument, in double precision.  With n the integer next to 2a/pi and pi/2 in
// three parts (Cody and Waite 1980), of which the first two have 33 bits, n times them is exact for |a| < 1e5;
// what a - n p1 - n p2 rounds away is carried to the third.  The polynomials on |r| <= pi/4 are those of Cephes (Moshier 1989).
constexpr double FAR_ANGLE = 1e5;
ADJ_OUTLINE inline void far_sincos(const VectorD &a, VectorD &s, VectorD &c) {
    for (int l = 0; l < Lane<VectorD>::COUNT; ++l) s[l] = ::sin(a[l]), c[l] = ::cos(a[l]);
}

ADJ_INLINE void function_sincos(VectorD a, VectorD &s, VectorD &c) {
    const double middle = Bits<VectorD>::MIDDLE;
    const VectorD shifted = a * 0.63661977236758134308 + middle, n = shifted - middle;
    const VectorD first = a - n * 1.57079632673412561417, second = n * 6.07710050630396597660e-11, coarse = first - second;
    const VectorD r = coarse + (((first - coarse) - second) - n * 2.02226624879595063154e-21), z = r * r;
    const VectorD odd = ((((1.58962301576546568060e-10 * z - 2.50507477628578072866e-8) * z + 2.75573136213857245213e-6) * z
                          - 1.98412698295895385996e-4) * z + 8.33333333332211858878e-3) * z - 1.66666666666666307295e-1;
    const VectorD even = ((((2.08757008419747316778e-9 - 1.13585365213876817300e-11 * z) * z - 2.75573141792967388112e-7) * z
                           + 2.48015872888517045348e-5) * z - 1.38888888888730564116e-3) * z + 4.16666666666665929218e-2;
    const VectorD sine = r + r * z * odd, cosine = 1.0 - (0.5 * z - z * z * even);
    // Quadrant n mod 4: odd ones exchange the two, its second bit is the sign of the sine.
    const MaskD quadrant = (MaskD)shifted, odd_one = (quadrant & 1) != 0, sign = (MaskD)broadcast<VectorD>(-0.0);
    s = (VectorD)((MaskD)(odd_one ? cosine : sine) ^ (quadrant << 62 & sign));
    c = (VectorD)((MaskD)(odd_one ? sine : cosine) ^ ((quadrant + 1) << 62 & sign));
    if (__builtin_expect(bits_of(less_equal(broadcast<VectorD>(FAR_ANGLE), function_abs(a))), 0)) far_sincos(a, s, c);
}
ADJ_INLINE void function_sincos(VectorF a, VectorF &s, VectorF &c) { s = function_sin(a), c = function_cos(a); }
template <class V> ADJ_INLINE void function_sincos(Pair<V> a, Pair<V> &s, Pair<V> &c) {
    function_sincos(a.low, s.low, c.low);
    function_sincos(a.high, s.high, c.high);
}

// sum_k c_k x^k of the powers FIRST .. FIRST + COUNT by pairs (Estrin 1960): few operations wait for one another.
template <int N, class V> ADJ_INLINE V power_of_two(V x) {
    if constexpr (N == 1) return x;
    else return power_of_two<N / 2>(x) * power_of_two<N / 2>(x);
}
constexpr int half_of(int count) { return count <= 2 ? 1 : 2 * half_of((count + 1) / 2); }
template <class C, int FIRST, int COUNT, class V> ADJ_INLINE V by_pairs(V x) {
    constexpr int HALF = half_of(COUNT);
    constexpr double first = C::of(FIRST);
    if constexpr (COUNT == 1) return broadcast<V>(typename Lane<V>::Real(first));
    else return by_pairs<C, FIRST, HALF>(x) + power_of_two<HALF>(x) * by_pairs<C, FIRST + HALF, COUNT - HALF>(x);
}

// The logarithm and power of two that the choice of time steps needs, for ordinary positive numbers only: to 1e-9, which
// moves a time step by 1e-10 of itself.  log2(1 + x) between sqrt(1/2) and sqrt(2) is the best polynomial (Remez 1934),
// 2^x for |x| <= 1/2 the Taylor series.
struct LogarithmTerms {
    static constexpr int COUNT = 11;
    static constexpr double TERMS[COUNT] = {-1.0200200964788602e-09, 1.4426950405671222, -0.721347011325798, 0.48089810295371516, -0.36071453362653044,
            0.28858377370884003, -0.23931063458172794, 0.20418583385736475, -0.1927580904968138, 0.1890466579875949, -0.10969920373593384};
    static constexpr double of(int k) { return TERMS[k]; }
};
struct PowerTerms {
    static constexpr int COUNT = 9;
    static constexpr double of(int k) { return k == 0 ? 1.0 : of(k - 1) * 0.69314718055994530942 / k; }
};

template <class V> ADJ_INLINE V log2_positive(V a) {
    typedef typename Lane<V>::Mask I;
    typedef typename Lane<V>::Real T;
    const I root = (I)broadcast<V>(T(0.70710678118654752440)), middle = (I)broadcast<V>(Bits<V>::MIDDLE);
    const I exponent = ((I)a - root) >> Bits<V>::FRACTION;
    const V x = (V)((I)a - (exponent << Bits<V>::FRACTION)) - T(1);
    return ((V)(exponent + middle) - Bits<V>::MIDDLE) + by_pairs<LogarithmTerms, 0, LogarithmTerms::COUNT>(x);
}

template <class V> ADJ_INLINE V exp2_moderate(V a) {
    typedef typename Lane<V>::Mask I;
    const V shifted = a + Bits<V>::MIDDLE, x = a - (shifted - Bits<V>::MIDDLE);
    return (V)((I)by_pairs<PowerTerms, 0, PowerTerms::COUNT>(x) + ((I)shifted << Bits<V>::FRACTION));
}
ADJ_PAIRED(log2_positive) ADJ_PAIRED(exp2_moderate)

#endif

// What follows is the same on both.

template <class R> ADJ_INLINE R greater_of(R a, R b) { return choose(less(a, b), b, a); }
template <class R> ADJ_INLINE R lesser_of(R a, R b) { return choose(less(b, a), b, a); }
template <class R> ADJ_INLINE typename Lane<R>::Mask is_number(R a) { return same(a, a); }

// The language's min and max hand on a NaN.
template <class R> ADJ_INLINE R function_min(R a, R b) { return choose(either(less(a, b), negated(is_number(a))), a, b); }
template <class R> ADJ_INLINE R function_max(R a, R b) { return choose(either(less(b, a), negated(is_number(a))), a, b); }
template <class R> ADJ_INLINE R function_sign(R a) {
    const R zero = broadcast<R>(0), one = broadcast<R>(1);
    return choose(less(zero, a), one, choose(less(a, zero), -one, a));
}

// One lane of a number in memory.
template <class R> struct Access {
    typedef typename Lane<R>::Real Real;
#if defined(__CUDACC__)
    typedef Real Alias;
#else
    typedef Real Alias __attribute__((may_alias));
#endif
    static ADJ_INLINE Real get(const R &number, int lane) { return reinterpret_cast<const Alias *>(&number)[lane]; }
    static ADJ_INLINE void set(R &number, int lane, Real value) { reinterpret_cast<Alias *>(&number)[lane] = value; }
};
template <class R> ADJ_INLINE typename Lane<R>::Real get(const R &number, int lane) { return Access<R>::get(number, lane); }
template <class R> ADJ_INLINE void set(R &number, int lane, typename Lane<R>::Real value) { Access<R>::set(number, lane, value); }
