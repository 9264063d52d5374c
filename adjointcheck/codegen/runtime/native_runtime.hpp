// The march and its discrete adjoint, lane by lane.  Every trajectory has its own marks: t0, the inner nodes of the
// control grid, the observation times, t1.  A time step runs from fraction `left` to fraction `right` of the segment
// between two neighbouring marks; from the moment it is accepted these fractions are constants, and the gradient is the
// exact derivative of the rest.  A lane that is done takes the next trajectory of its worker's batch.
// N states, M parameters, K control intervals, S observations are STATES, PARAMETERS, `intervals`, OBSERVATIONS.

#define ADJ_ROOM(count) ((count) > 0 ? (count) : 1)  // no array is empty

template <class R> ADJ_INLINE R number(double value) { return broadcast<R>(typename Lane<R>::Real(value)); }
template <class R> ADJ_INLINE R magnitude(R a) { return function_abs(a); }

// What a build for one kind of launch knows beforehand, 0 or 1; -1 is asked when it runs.
#ifndef ADJ_EQUAL  // equal time steps
#define ADJ_EQUAL -1
#endif
#ifndef ADJ_TAPED  // a way back
#define ADJ_TAPED -1
#endif
#ifndef ADJ_SPACED  // a tape that keeps the state of every so many time steps only
#define ADJ_SPACED -1
#endif
#ifndef ADJ_TIMED  // derivatives by times
#define ADJ_TIMED -1
#endif
#ifndef ADJ_UNIFORM  // equal time steps of one size, which the host knows
#define ADJ_UNIFORM -1
#endif
template <int KNOWN> ADJ_INLINE bool known_or(bool asked) { return KNOWN < 0 ? asked : KNOWN != 0; }

#if defined(__CUDACC__)
// A thread of the device has one trajectory.  Where its time steps are equal they need no record, and their size h is the
// same in a whole segment: a short sum takes the products of h with its weights, which are made once, a long one is
// multiplied by h, since an operation on three registers costs more than one with a constant.  Where h is UNIFORM in the
// launch these products are parameters of the kernel, which operations read as constants.
constexpr bool EVEN = ADJ_EQUAL == 1, UNIFORM = EVEN && ADJ_UNIFORM == 1;
template <class R> constexpr int SHORT = sizeof(R) == 4 ? 3 : 99;  // a double is no constant of an operation anyway; measured
constexpr int LANE_APART = 128;  // columns of neighbouring threads lie side by side; threads of a block, native_cuda.py
#else
constexpr bool EVEN = false, UNIFORM = false;
template <class R> constexpr int SHORT = 0;
constexpr int LANE_APART = 1;
#endif

#if defined(__CUDACC__)
#define NOT_A_NUMBER (0.0 / 0.0)  // NVRTC knows no __builtin_nan, and a sanitizer no 0/0
#else
#define NOT_A_NUMBER __builtin_nan("")
#endif
enum Status { FINISHED, MAX_STEPS, STEP_UNDERFLOW, NON_FINITE, RUNNING };

// The PI controller of Hairer and Wanner (1996, IV.2), on the logarithm (base 2) of the error.
constexpr double PI_NOW = 0.7, PI_BEFORE = 0.4, SHRINK = 0.2, GROW = 10.0, LEAST_ERROR_LOG = -13.287712379549449;
constexpr double SAFETY_LOG = -0.15200309344504997;  // of 0.9
constexpr double STRETCH = 1.01;  // a time step that would leave less than 1 % of itself goes to the mark
constexpr double CONTROL_ORDER = ERROR_ORDER + 1;

template <class T> struct Machine;
template <> struct Machine<double> { static constexpr double EPS = 2.220446049250313e-16, TINY = 2.2250738585072014e-308, LEAST = 1e-36, MOST = 1e30; };
template <> struct Machine<float> { static constexpr double EPS = 1.1920928955078125e-07, TINY = 1.1754943508222875e-38, LEAST = 1e-36, MOST = 1e30; };
template <class R> using MachineOf = Machine<typename Lane<R>::Real>;

template <class R> ADJ_INLINE typename Lane<R>::Mask is_finite(R a) { return same(a - a, number<R>(0)); }

ADJ_INLINE constexpr bool is_observation(int mark) { return OBSERVATIONS > 0 && mark < 0; }

// The marks of one trajectory, met one after the other: a node of the control grid is its number, observation s is -1 - s.
template <class T> struct Marks {
    T t0, t1;
    const T *times;
    int intervals, node, seen, from, to;
    int order[ADJ_ROOM(OBSERVATIONS)];  // of the observations along the direction of time

    ADJ_INLINE T time_of(int mark) const {
        if (is_observation(mark)) return times[-1 - mark];
        const T weight = T(mark) / T(intervals);
        return weight < T(0.5) ? t0 + weight * (t1 - t0) : t1 - (t1 - t0) * (T(1) - weight);
    }
    // The place of a mark on the control grid, in intervals.
    ADJ_INLINE T place_of(int mark) const {
        if (!is_observation(mark)) return T(mark);
        return t0 == t1 ? T(intervals) : T(intervals) * (times[-1 - mark] - t0) / (t1 - t0);
    }
    ADJ_INLINE bool before(int a, int b, T slack = T(0)) const {
        return t1 < t0 ? time_of(b) < time_of(a) - slack : time_of(a) < time_of(b) - slack;
    }
    // What a few roundings can do to a time: an observation so near to a node is at the node.
    ADJ_INLINE T slack() const {
        const T first = t0 < 0 ? -t0 : t0, last = t1 < 0 ? -t1 : t1;
        return T(8 * Machine<T>::EPS) * (first < last ? last : first);
    }

    ADJ_INLINE void lay(T first, T last, const T *at, int count) {
        t0 = first, t1 = last, times = at, intervals = count;
        for (int s = 0; s < OBSERVATIONS; ++s) {
            int place = s;
            for (; place > 0 && before(-1 - s, -1 - order[place - 1]); --place) order[place] = order[place - 1];
            order[place] = s;
        }
        node = seen = from = 0;
        to = following();
    }
    // On ties nodes come before observations, but t0 comes first and t1 last.
    ADJ_INLINE int following() const {
        if (OBSERVATIONS == 0 || seen == OBSERVATIONS) return node + 1;
        const int next = -1 - order[seen];
        return node + 1 == intervals || before(next, node + 1, slack()) ? next : node + 1;
    }
    ADJ_INLINE int preceding() const {
        if (OBSERVATIONS == 0 || seen == 0) return node;
        const int last = -1 - order[seen - 1];
        return node == 0 || !before(last, node, slack()) ? last : node;
    }
    ADJ_INLINE void count(int mark, int by) { (is_observation(mark) ? seen : node) += by; }
    ADJ_INLINE bool at_end() const { return to == intervals; }
    ADJ_INLINE void advance() {
        count(to, 1);
        from = to;
        to = following();
    }
    ADJ_INLINE void go_to_end() {
        node = intervals - 1, seen = OBSERVATIONS, to = intervals;
        from = preceding();
    }
    ADJ_INLINE void retreat() {
        to = from;
        count(from, -1);
        from = preceding();
    }
};

template <class T> struct Scaled {  // h times the tableau; mirrored in native_cuda.py
    T a[STAGES][STAGES], b[STAGES];
};

// Where the lanes are: parameters, the segment from `start` on, the control at its interval's ends, and the local
// coordinate u in that interval.  A control held constant has both ends alike.  Equal time steps of the segment: how many,
// the fraction of it that each takes, how many are done.
template <class R> struct Place {
    R theta[ADJ_ROOM(PARAMETERS)];
    R start, length, u_start, u_length, inverse, count, one_step, done;
    R w_low[ADJ_ROOM(CONTROLS)], w_high[ADJ_ROOM(CONTROLS)];
#if defined(__CUDACC__)
    const Scaled<R> *scaled;
#endif
};

// The fraction of the segment behind `done` of its time steps.
template <class R> ADJ_INLINE R fraction_of(const Place<R> &at, R done) {
    return choose(less(done, at.count), done * at.one_step, number<R>(1));
}
template <class R> ADJ_INLINE R fraction_done(const Place<R> &at) { return fraction_of(at, at.done); }

template <class R> struct Moment {
    R fraction, t, u, w[ADJ_ROOM(CONTROLS)];
};

template <class R> ADJ_INLINE void hold_control(const Place<R> &at, Moment<R> &m) {
    columns<CONTROLS>([&](auto c) ADJ_LAMBDA { m.w[c] = at.w_low[c] + m.u * (at.w_high[c] - at.w_low[c]); });
}

template <class R> ADJ_INLINE Moment<R> moment_at(const Place<R> &at, R fraction) {
    Moment<R> m;
    m.fraction = fraction;
    m.t = at.start + fraction * at.length;
    m.u = at.u_start + fraction * at.u_length;
    hold_control(at, m);
    return m;
}

template <int I, class R> ADJ_INLINE Moment<R> stage_moment(const Place<R> &at, R left, R right) {
    constexpr double node = C[I];
    if constexpr (node == 0) return moment_at(at, left);
    if constexpr (node == 1) return moment_at(at, right);
    return moment_at(at, left + number<R>(node) * (right - left));
}

// sum_i weights_i terms_i[c], the weights a row of the tableau known when this is compiled.
template <class Weights, int COUNT, class R, class I>
ADJ_INLINE R combine(const R (*terms)[ADJ_ROOM(STATES)], I c) {
    R sum = number<R>(0);
    upward<0, COUNT>([&](auto j) ADJ_LAMBDA {
        constexpr double weight = Weights::of(decltype(j)::value);
        if constexpr (weight != 0) {
            if constexpr (Weights::first() == decltype(j)::value) sum = number<R>(weight) * terms[decltype(j)::value][c];
            else sum = sum + number<R>(weight) * terms[decltype(j)::value][c];
        }
    });
    return sum;
}
template <class Weights, int COUNT, class R> ADJ_INLINE R combine_costs(const R *terms) {
    R sum = number<R>(0);
    upward<0, COUNT>([&](auto j) ADJ_LAMBDA {
        constexpr double weight = Weights::of(decltype(j)::value);
        if constexpr (weight != 0) sum = sum + number<R>(weight) * terms[decltype(j)::value];
    });
    return sum;
}

// h times weight j.
template <class Weights, class R> ADJ_INLINE R scaled_weight(const Place<R> &at, R h, int j) {
    if constexpr (UNIFORM) return Weights::scaled(*at.scaled, j);
    else return number<R>(Weights::of(j)) * h;
}

// h sum_i weights_i terms_i[c]
template <class Weights, int COUNT, class R, class I>
ADJ_INLINE R advance(const Place<R> &at, R h, const R (*terms)[ADJ_ROOM(STATES)], I c) {
    if constexpr (!UNIFORM) return h * combine<Weights, COUNT>(terms, c);
    R sum = number<R>(0);
    upward<0, COUNT>([&](auto j) ADJ_LAMBDA {
        constexpr int J = decltype(j)::value;
        if constexpr (Weights::of(J) != 0 && Weights::first() == J) sum = scaled_weight<Weights>(at, h, J) * terms[J][c];
        else if constexpr (Weights::of(J) != 0) sum = sum + scaled_weight<Weights>(at, h, J) * terms[J][c];
    });
    return sum;
}

// x + h sum_i weights_i terms_i[c]
template <class Weights, int COUNT, class R, class I>
ADJ_INLINE R add_combined(const Place<R> &at, R x, R h, const R (*terms)[ADJ_ROOM(STATES)], I c) {
    if constexpr (!UNIFORM && (!EVEN || Weights::count() > SHORT<R>)) return x + h * combine<Weights, COUNT>(terms, c);
    upward<0, COUNT>([&](auto j) ADJ_LAMBDA {
        constexpr int J = decltype(j)::value;
        if constexpr (Weights::of(J) != 0) x = x + scaled_weight<Weights>(at, h, J) * terms[J][c];
    });
    return x;
}

#define ADJ_WEIGHTS(name, expression, product) \
    struct name { \
        static ADJ_CONSTEXPR double of(int j) { return expression; } \
        template <class T> static ADJ_INLINE T scaled(const Scaled<T> &s, int j) { return product; } \
        static ADJ_CONSTEXPR int first() { int j = 0; while (j < STAGES && of(j) == 0) ++j; return j; } \
        static ADJ_CONSTEXPR int count() { int n = 0; for (int j = 0; j < STAGES; ++j) n += of(j) != 0; return n; } \
    };
template <int I> ADJ_WEIGHTS(RowA, A[I][j], s.a[I][j])
template <int I> ADJ_WEIGHTS(ColumnA, A[j][I], s.a[j][I])
ADJ_WEIGHTS(RowB, B[j], s.b[j])
ADJ_WEIGHTS(RowE, E[j], T(0))  // equal time steps have no error control
ADJ_WEIGHTS(RowELow, E_LOW[j], T(0))

// Stage i of the time step: y = x + h sum_j a_ij k_j.
template <int I, class R> ADJ_INLINE void stage_state(const Place<R> &at, const R *x, R h, const R (*slopes)[ADJ_ROOM(STATES)], R *y) {
    columns<STATES>([&](auto c) ADJ_LAMBDA {
        if constexpr (FSAL && I + 1 == STAGES) y[c] = x[c] + advance<RowA<I>, I>(at, h, slopes, c);  // the next state: one rounding of x
        else y[c] = add_combined<RowA<I>, I>(at, x[c], h, slopes, c);
    });
}

template <class R> struct Options {
    bool is_equal;
    R rtol, atol, most;
    ADJ_INLINE bool equal() const { return known_or<ADJ_EQUAL>(is_equal); }
};

// All lanes of one group on their way forward.
template <class R> struct Walk : Place<R> {
    R x[ADJ_ROOM(STATES)], slope[ADJ_ROOM(STATES)], quadrature, slope_cost;
    R left, size, span, log_before, growth, running, accepted, rejected;
    R reached, stuck, finite;  // of the last attempt, 1 or 0
};

struct Outcome {
    unsigned accepted, events;
};

template <class R> ADJ_INLINE R as_number(typename Lane<R>::Mask mask) { return choose(mask, number<R>(1), number<R>(0)); }

template <class R> ADJ_INLINE R propose(const Walk<R> &g) {
    const R one = number<R>(1);
    const auto ends = less_equal((one - g.left) * magnitude(g.length) * number<R>(1 / STRETCH), g.size);
    return choose(ends, one, g.left + g.size * g.inverse);
}

// The square of the root mean square of h sum_i weights_i k_i over its scale.
template <class Weights, class R>
ADJ_INLINE R square_error(const Walk<R> &g, R h, const R (*slopes)[ADJ_ROOM(STATES)], const R *costs, const R *next, R quadrature,
                          const Options<R> &options) {
    const R tiny = number<R>(MachineOf<R>::TINY);
    R sum = number<R>(0);
    columns<STATES>([&](auto c) ADJ_LAMBDA {
        const R scale = options.atol + options.rtol * greater_of(magnitude(g.x[c]), magnitude(next[c]));
        const R ratio = combine<Weights, STAGES>(slopes, c) * (h / greater_of(scale, tiny));  // the last slope comes last
        sum = sum + ratio * ratio;
    });
    if constexpr (HAS_RUNNING_COST) {
        const R scale = options.atol + options.rtol * greater_of(magnitude(g.quadrature), magnitude(quadrature));
        const R ratio = combine_costs<Weights, STAGES>(costs) * (h / greater_of(scale, tiny));
        sum = sum + ratio * ratio;
    }
    return sum * number<R>(1.0 / (STATES + HAS_RUNNING_COST));
}

template <class R>
ADJ_INLINE R measure_error(const Walk<R> &g, R h, const R (*slopes)[ADJ_ROOM(STATES)], const R *costs, const R *next, R quadrature,
                           const Options<R> &options) {
    const R high = square_error<RowE>(g, h, slopes, costs, next, quadrature, options);
    if constexpr (BLENDED) {  // DOP853 (Hairer, Norsett, Wanner 1993, II.10)
        const R low = square_error<RowELow>(g, h, slopes, costs, next, quadrature, options);
        return high * (high / greater_of(high + number<R>(0.01) * low, number<R>(MachineOf<R>::TINY)));
    }
    return high;
}

template <class R> ADJ_INLINE R least_size(R t, R travelled, R span) {
    const R eps = number<R>(MachineOf<R>::EPS);
    return number<R>(10) * eps * greater_of(greater_of(magnitude(t), magnitude(travelled)), eps * span);
}

// The next size, after an attempt over `tried` whose squared error was `square`.  A time step that a mark cut short
// neither shrinks it nor enters the error history; right after a rejection it may not grow.
template <class R>
ADJ_INLINE void resize(Walk<R> &g, R tried, R square, typename Lane<R>::Mask accepted, typename Lane<R>::Mask at_mark) {
    const R log = log2_positive(greater_of(square, number<R>(MachineOf<R>::LEAST)));  // twice that of the error
    const R past = choose(accepted, number<R>(SAFETY_LOG) + number<R>(PI_BEFORE / CONTROL_ORDER) * g.log_before, number<R>(SAFETY_LOG));
    const R now = choose(accepted, number<R>(-0.5 * PI_NOW / CONTROL_ORDER), number<R>(-0.5 / CONTROL_ORDER));
    const R factor = exp2_moderate(past + now * log), most = choose(accepted, g.growth, number<R>(1));
    const R resized = tried * lesser_of(greater_of(factor, number<R>(SHRINK)), most);
    const auto cut = both(accepted, both(at_mark, less(tried, g.size)));
    g.size = greater_of(resized, choose(cut, g.size, number<R>(0)));
    g.log_before = choose(both(accepted, negated(cut)), greater_of(number<R>(0.5) * log, number<R>(LEAST_ERROR_LOG)), g.log_before);
    g.growth = choose(accepted, number<R>(GROW), number<R>(1));
}

#if defined(__CUDACC__)
#define ADJ_MARCH ADJ_INLINE
#else
#define ADJ_MARCH ADJ_OUTLINE
#endif

// The stages of a time step from `left` to `right`, the state after it and the running cost that it adds.
template <class R>
ADJ_INLINE void make_stages(const Walk<R> &g, R left, R right, R h, R (*slopes)[ADJ_ROOM(STATES)], R *costs, R *next, R &quadrature) {
    columns<STATES>([&](auto c) ADJ_LAMBDA { slopes[0][c] = g.slope[c]; });
    costs[0] = g.slope_cost;
    upward<1, STAGES>([&](auto i) ADJ_LAMBDA {
        constexpr int I = decltype(i)::value;
        const Moment<R> m = stage_moment<I>(g, left, right);
        stage_state<I>(g, g.x, h, slopes, next);
        rates(m.t, next, m.w, g.theta, slopes[I], costs[I]);
    });
    if constexpr (!FSAL) {  // with FSAL the last stage's state is the next state
        columns<STATES>([&](auto c) ADJ_LAMBDA { next[c] = g.x[c] + advance<RowB, STAGES>(g, h, slopes, c); });
    }
    if constexpr (HAS_RUNNING_COST) quadrature = quadrature + h * combine_costs<RowB, STAGES>(costs);
}

// With FSAL the last stage's slope begins the next time step.
template <class R> ADJ_INLINE void make_last_slope(const Walk<R> &g, R right, const R *next, R (*slopes)[ADJ_ROOM(STATES)], R *costs) {
    if constexpr (!FSAL) {
        const Moment<R> m = moment_at(g, right);
        rates(m.t, next, m.w, g.theta, slopes[STAGES - 1], costs[STAGES - 1]);
    }
}

template <class R> ADJ_INLINE typename Lane<R>::Mask are_numbers(const R *x, R quadrature) {
    R probe = number<R>(0) * quadrature;
    columns<STATES>([&](auto c) ADJ_LAMBDA { probe = probe + number<R>(0) * x[c]; });
    return is_number(probe);
}

// Take one of the equal time steps of a device's segment; false, and nothing moved, where it leaves the numbers.
template <class R> ADJ_INLINE bool stride(Walk<R> &g, R h) {
    const R left = g.done * g.one_step, done = g.done + number<R>(1), right = fraction_of(g, done);
    R slopes[STAGES][ADJ_ROOM(STATES)], costs[STAGES], next[ADJ_ROOM(STATES)], quadrature = g.quadrature;
    make_stages(g, left, right, h, slopes, costs, next, quadrature);
    if (!bits_of(are_numbers(next, quadrature))) return false;
    make_last_slope(g, right, next, slopes, costs);
    columns<STATES>([&](auto c) ADJ_LAMBDA {
        g.x[c] = next[c];
        g.slope[c] = slopes[STAGES - 1][c];
    });
    g.slope_cost = costs[STAGES - 1], g.quadrature = quadrature, g.done = done;
    return true;
}

// Try one time step on every running lane and take it where the error allows; `before`, where wanted, receives x and
// the two sides of the time step, equal where the lane did not move.
template <class R>
ADJ_MARCH Outcome attempt(Walk<R> &g, const Options<R> &options, R *before, R *sides) {
    typedef typename Lane<R>::Mask Mask;
    const R zero = number<R>(0), one = number<R>(1), left = g.left;
    R right;
    if (options.equal()) g.done = g.done + one, right = fraction_done(g);
    else right = propose(g);
    const R h = (right - left) * g.length;
    R slopes[STAGES][ADJ_ROOM(STATES)], costs[STAGES], next[ADJ_ROOM(STATES)], quadrature = g.quadrature;
    make_stages(g, left, right, h, slopes, costs, next, quadrature);
    const Mask finite = are_numbers(next, quadrature), running = less(zero, Lane<R>::COUNT == 1 ? one : g.running), at_mark = same(right, one);
    Mask accepted = both(running, finite), stuck = both(running, negated(finite));
    if (!options.equal()) {
        if constexpr (ADAPTIVE) {
            const R found = measure_error(g, h, slopes, costs, next, quadrature, options), most = number<R>(MachineOf<R>::MOST);
            const R square = choose(both(finite, less(found, most)), found, most);
            accepted = both(running, less_equal(square, one));
            resize(g, magnitude(h), square, accepted, at_mark);
            const R travelled = right * g.length, least = least_size(g.start + travelled, travelled, g.span);
            stuck = both(running, both(negated(accepted), less_equal(g.size, least)));
            g.size = greater_of(g.size, least);
        }
    }
    const R moved = choose(accepted, right, left);
    if (sides) {
        sides[0] = left;
        sides[LANE_APART] = moved;
    }
    if (before) columns<STATES>([&](auto c) ADJ_LAMBDA { before[c * LANE_APART] = g.x[c]; });
    make_last_slope(g, right, next, slopes, costs);
    columns<STATES>([&](auto c) ADJ_LAMBDA {
        g.x[c] = choose(accepted, next[c], g.x[c]);
        g.slope[c] = choose(accepted, slopes[STAGES - 1][c], g.slope[c]);
    });
    g.slope_cost = choose(accepted, costs[STAGES - 1], g.slope_cost);
    g.quadrature = choose(accepted, quadrature, g.quadrature);
    const Mask reached = both(accepted, at_mark);
    g.left = choose(reached, zero, moved);
    g.accepted = g.accepted + as_number<R>(accepted);
    g.rejected = g.rejected + as_number<R>(both(running, negated(accepted)));
    const Mask over = both(running, less_equal(options.most, g.accepted + g.rejected));
    g.reached = as_number<R>(reached), g.stuck = as_number<R>(stuck), g.finite = as_number<R>(finite);
    return {bits_of(accepted), bits_of(either(reached, either(stuck, over)))};
}

// All lanes on their way back: the costate p and what the parameters, the control and both marks of the segment gathered.
template <class R> struct Return : Place<R> {
    R p[ADJ_ROOM(STATES)], theta_bar[ADJ_ROOM(PARAMETERS)], cost_bar;
    R start_bar, stop_bar, size_bar, u_start_bar, u_stop_bar, w_low_bar[ADJ_ROOM(CONTROLS)], w_high_bar[ADJ_ROOM(CONTROLS)];
};

#if defined(__CUDACC__)
constexpr bool KEEPING = false;  // a thread's own memory is dearer than its arithmetic
#else
constexpr bool KEEPING = KEPT > 0;
#endif

// What the marks of an empty segment gather: to grow apart by dt moves x by f dt and the cost by L dt.
template <class R> ADJ_INLINE void linger(Return<R> &g, const R *slope, R slope_cost) {
    R by_length = number<R>(0);
    columns<STATES>([&](auto c) ADJ_LAMBDA { by_length = by_length + g.p[c] * slope[c]; });
    if constexpr (HAS_RUNNING_COST) by_length = by_length + choose(same(g.cost_bar, number<R>(0)), number<R>(0), g.cost_bar * slope_cost);
    g.start_bar = g.start_bar - g.one_step * by_length;
    g.stop_bar = g.stop_bar + g.one_step * by_length;
}

// Go back over one time step.  With p the costate after it, g the weight of the cost and q_i = b_i p + sum_{j>i} a_ji X_j,
// the partials (T, X, W, Theta)_i of H = L + p f at stage i with h q_i for p and h b_i g for the weight of L are what
// the inputs gather, and dJ/dh = sum_i q_i k_i + g b_i L_i (Hager 2000).  A lane that did not move has h = 0.  EVEN time
// steps gather h dJ/dh of the whole segment in `size_bar`.
template <bool TIMES, class R> ADJ_MARCH void undo(Return<R> &g, const R *x, const R &left, const R &right) {
    const R zero = number<R>(0), one = number<R>(1), width = EVEN ? g.one_step : right - left, h = width * g.length;
    R y[EFFECTIVE][ADJ_ROOM(STATES)], slopes[EFFECTIVE][ADJ_ROOM(STATES)], costs[EFFECTIVE];
    R by_x[EFFECTIVE][ADJ_ROOM(STATES)], by_w[ADJ_ROOM(CONTROLS)], by_theta[ADJ_ROOM(PARAMETERS)];
    R kept[EFFECTIVE][KEEPING ? KEPT : 1];
    Moment<R> moments[EFFECTIVE];
    upward<0, EFFECTIVE>([&](auto i) ADJ_LAMBDA {
        constexpr int I = decltype(i)::value;
        moments[I] = stage_moment<I>(g, left, right);
        stage_state<I>(g, x, h, slopes, y[I]);
        if constexpr (TIMES || I + 1 < EFFECTIVE)
            rates_keeping<KEEPING>(moments[I].t, y[I], moments[I].w, g.theta, slopes[I], costs[I], kept[I]);
    });
    R by_h = zero;
    downward<EFFECTIVE>([&](auto i) ADJ_LAMBDA {
        constexpr int I = decltype(i)::value;
        constexpr double own = B[I];
        constexpr bool by_product = UNIFORM || (EVEN && 1 + ColumnA<I>::count() <= SHORT<R>);
        R q[ADJ_ROOM(STATES)], by_t;
        columns<STATES>([&](auto c) ADJ_LAMBDA {
            const R unit = by_product ? h : one;
            R sum = scaled_weight<RowB>(g, unit, I) * g.p[c];
            downward<EFFECTIVE, I + 1>([&](auto j) ADJ_LAMBDA {  // what was gathered last comes last
                constexpr int J = decltype(j)::value;
                if constexpr (A[J][I] != 0) sum = sum + scaled_weight<ColumnA<I>>(g, unit, J) * by_x[J][c];
            });
            q[c] = by_product ? sum : h * sum;
            if constexpr (TIMES) by_h = by_h + (EVEN ? q[c] : sum) * slopes[I][c];
        });
        const R weight = number<R>(own) * g.cost_bar;
        pullback_keeping<KEEPING && (TIMES || I + 1 < EFFECTIVE)>(
            moments[I].t, y[I], moments[I].w, g.theta, q, h * weight, by_t, by_x[I], by_w, by_theta, kept[I]);
        columns<PARAMETERS>([&](auto c) ADJ_LAMBDA { g.theta_bar[c] = g.theta_bar[c] + by_theta[c]; });
        const R fraction = moments[I].fraction, u = moments[I].u;
        if constexpr (TIMES && HAS_RUNNING_COST) by_h = by_h + choose(same(g.cost_bar, zero), zero, (EVEN ? h : one) * weight * costs[I]);
        if constexpr (TIMES && !AUTONOMOUS) {
            g.start_bar = g.start_bar + (one - fraction) * by_t;
            g.stop_bar = g.stop_bar + fraction * by_t;
        }
        columns<CONTROLS>([&](auto c) ADJ_LAMBDA {
            g.w_low_bar[c] = g.w_low_bar[c] + (one - u) * by_w[c];
            g.w_high_bar[c] = g.w_high_bar[c] + u * by_w[c];
            if constexpr (TIMES) {
                const R by_u = by_w[c] * (g.w_high[c] - g.w_low[c]);
                g.u_start_bar = g.u_start_bar + (one - fraction) * by_u;
                g.u_stop_bar = g.u_stop_bar + fraction * by_u;
            }
        });
    });
    columns<STATES>([&](auto c) ADJ_LAMBDA {
        R sum = g.p[c];
        upward<0, EFFECTIVE>([&](auto i) ADJ_LAMBDA { sum = sum + by_x[decltype(i)::value][c]; });
        g.p[c] = sum;
    });
    if constexpr (TIMES && EVEN) {
        g.size_bar = g.size_bar + by_h;
        if (h == 0) linger(g, slopes[0], costs[0]);
    } else if constexpr (TIMES) {
        g.start_bar = g.start_bar - width * by_h;
        g.stop_bar = g.stop_bar + width * by_h;
    }
}

// Take a recorded time step again; the state moves only where the record says so.
template <class R> ADJ_MARCH void repeat(const Place<R> &at, R *x, R left, R right) {
    const R h = (EVEN ? at.one_step : right - left) * at.length;
    R slopes[EFFECTIVE][ADJ_ROOM(STATES)], y[ADJ_ROOM(STATES)], cost;
    upward<0, EFFECTIVE>([&](auto i) ADJ_LAMBDA {
        constexpr int I = decltype(i)::value;
        const Moment<R> m = stage_moment<I>(at, left, right);
        stage_state<I>(at, x, h, slopes, y);
        rates(m.t, y, m.w, at.theta, slopes[I], cost);
    });
    const auto moved = less(left, right);
    columns<STATES>([&](auto c) ADJ_LAMBDA { x[c] = choose(moved, x[c] + advance<RowB, EFFECTIVE>(at, h, slopes, c), x[c]); });
}

// The first guess of Hairer, Norsett, Wanner (1993, II.4), from |x|, |f| and a difference of f.
template <class R>
ADJ_MARCH R first_size(const R *x, const R *slope, const R *theta, const R *w, R t0, R t1, const Options<R> &options) {
    const R zero = number<R>(0), tiny = number<R>(MachineOf<R>::TINY), span = magnitude(t1 - t0);
    R scale[ADJ_ROOM(STATES)], y[ADJ_ROOM(STATES)], after[ADJ_ROOM(STATES)], cost, d0 = zero, d1 = zero, d2 = zero;
    columns<STATES>([&](auto c) ADJ_LAMBDA {
        scale[c] = greater_of(options.atol + options.rtol * magnitude(x[c]), tiny);
        d0 = d0 + (x[c] / scale[c]) * (x[c] / scale[c]);
        d1 = d1 + (slope[c] / scale[c]) * (slope[c] / scale[c]);
    });
    const R share = number<R>(1.0 / ADJ_ROOM(STATES));
    d0 = function_sqrt(d0 * share), d1 = function_sqrt(d1 * share);
    const auto flat = either(less(d0, number<R>(1e-5)), less(d1, number<R>(1e-5)));
    const R first = lesser_of(span, choose(flat, number<R>(1e-6), number<R>(0.01) * d0 / d1));
    const R h = choose(less(t1, t0), -first, first);
    columns<STATES>([&](auto c) ADJ_LAMBDA { y[c] = x[c] + h * slope[c]; });
    rates(t0 + h, y, w, theta, after, cost);
    columns<STATES>([&](auto c) ADJ_LAMBDA {
        const R ratio = (after[c] - slope[c]) / scale[c];
        d2 = d2 + ratio * ratio;
    });
    const R steepest = function_max(d1, function_sqrt(d2 * share) / first);
    R second = function_pow(number<R>(0.01) / steepest, number<R>(1.0 / CONTROL_ORDER));
    second = choose(less_equal(steepest, number<R>(1e-15)), function_max(number<R>(1e-3) * first, number<R>(1e-6)), second);
    const R size = function_min(number<R>(100) * first, second);
    // Where the horizon is empty or f is not finite, try the whole horizon and let the errors decide.
    return choose(both(is_finite(size), less(zero, size)), size, span);
}
