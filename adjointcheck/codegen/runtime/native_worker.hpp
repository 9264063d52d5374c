// One launch and the workers that share it.  A worker takes a batch of trajectories, marches them forward while it keeps
// a tape of accepted time steps, and sweeps them backward at once: memory is workers times tape, however many
// trajectories there are.

struct Launch {  // mirrored in adjointcheck/solve/native_abi.py
    int64 count;
    int threads, method_flags, hold, intervals;
    int64 max_steps, steps, memory_limit;
    double rtol, atol;
    const void *x0, *theta, *w, *t0, *t1, *times, *data;
    int64 x0_stride, theta_stride, w_stride, t0_stride, t1_stride, times_stride;
    const void *x1_bar, *cost_bar;
    void *x1, *cost;
    int64 *status, *accepted, *rejected;
    void *x0_bar, *theta_bar, *w_bar, *t0_bar, *t1_bar, *times_bar;
    int theta_bar_shared, w_bar_shared, t0_bar_shared, t1_bar_shared, times_bar_shared, x0_bar_shared;
    int64 *lane_attempts, *lane_slots;
    volatile int *cancel;
    void *workspace;
    int64 workspace_bytes, rows;
    unsigned long long *next;
    double span;
};

#if defined(__CUDACC__)
#define ADJ_METHOD ADJ_INLINE
#define ADJ_FILL ADJ_INLINE
#else
#define ADJ_METHOD inline
#define ADJ_FILL ADJ_OUTLINE
#endif

// W trajectories of a batch side by side: what the march starts from and leaves, and what the sweep gathers.
template <class R> struct Station {
    R theta[ADJ_ROOM(PARAMETERS)], x0[ADJ_ROOM(STATES)], slope[ADJ_ROOM(STATES)], slope_cost, size, t0, t1;
    R x[ADJ_ROOM(STATES)], quadrature, cost, status, accepted, rejected, observed[ADJ_ROOM(OBSERVATIONS)][ADJ_ROOM(STATES)];
    R p[ADJ_ROOM(STATES)], theta_bar[ADJ_ROOM(PARAMETERS)], cost_bar, t0_bar, t1_bar, times_bar[ADJ_ROOM(OBSERVATIONS)];
};

struct Start {  // of a trajectory in a lane, before the time step in `row`
    int64 row;
    int lane, trajectory, previous;
};

// Rows of (left, right), unless time steps are EVEN, and the state before every 2^shift-th of them.
template <class R> struct Tape {
    R *sides, *states, *block;
    int64 rows, sides_room, slots, slots_most, sides_most, stride;  // stride: threads that write to the same tape
    int shift;

    ADJ_METHOD R *sides_of(int64 row) const { return sides + 2 * row * stride; }
    ADJ_METHOD R *slot(int64 k) const { return states + k * STATES * stride; }
    ADJ_METHOD bool spaced() const { return known_or<ADJ_SPACED>(shift > 0); }
    ADJ_METHOD int64 spacing() const { return spaced() ? int64(1) << shift : 1; }
    ADJ_METHOD bool kept(int64 row) const { return (row & (spacing() - 1)) == 0; }
    ADJ_METHOD int64 slots_before(int64 row) const { return spaced() ? (row + spacing() - 1) >> shift : row; }
    ADJ_METHOD R *state_of(int64 row) const { return slot(spaced() ? row >> shift : row); }
    // Forget every other kept state.
    ADJ_METHOD void thin() {
        const int64 kept_slots = ((rows - 1) >> shift) + 1;
        for (int64 k = 0; 2 * k < kept_slots; ++k)
            for (int c = 0; c < STATES; ++c) slot(k)[c] = slot(2 * k)[c];
        ++shift;
    }
};

// Place of each shared sum among the sums of a batch.
template <class T> struct Sums {
    int x0 = 0, theta = STATES, t0 = STATES + PARAMETERS, t1 = t0 + 1, times = t1 + 1, w = times + OBSERVATIONS;
};

// Room for one more row; false when there is none.
template <class R> ADJ_METHOD bool reserve(Tape<R> &tape);

template <class R> struct Worker {
    typedef typename Lane<R>::Real T;
    static constexpr int W = Lane<R>::COUNT;
    const Launch *launch;
    const Scaled<T> *scaled;  // of a UNIFORM launch
    Options<R> options;
    Tape<R> tape;
    Station<R> *stations;
    Start *starts;
    R *w_bar;           // nodes times controls for each station
    double *sums;       // of this batch, `sums_stride` apart
    int64 first, attempts, slots, w_size, w_stride, sums_stride;
    int count, started, next, last;  // last: the latest start before the row that the sweep is at
    bool is_taped, is_timed, overflow;

    int trajectory[W], top[W];
    Marks<T> marks[W];

    ADJ_METHOD void open(const Launch &given) {
        launch = &given;
        options = {given.steps > 0, number<R>(given.rtol), number<R>(given.atol), number<R>(0)};
        // Beyond 2^24 a float no longer counts one by one.
        const double most = sizeof(T) == 4 && given.max_steps > 16777216 ? 16777216.0 : double(given.max_steps);
        options.most = number<R>(most);
        is_taped = given.x1_bar || given.cost_bar;
        is_timed = given.t0_bar || given.t1_bar || given.times_bar;
        w_size = int64(given.intervals + given.hold) * CONTROLS;
        attempts = slots = 0;
    }

    ADJ_METHOD bool taped() const { return known_or<ADJ_TAPED>(is_taped); }
    ADJ_METHOD bool timed() const { return known_or<ADJ_TIMED>(is_timed); }
    ADJ_METHOD static int lane_of(const Start &start) { return W == 1 ? 0 : start.lane; }
    ADJ_METHOD static const T *row_of(const void *base, int64 stride, int64 i) { return static_cast<const T *>(base) + stride * i; }
    ADJ_METHOD int64 index_of(int station, int lane) const {
        const int64 i = first + station * W + lane;
        return i < launch->count ? i : launch->count - 1;
    }
    ADJ_METHOD int filled(int station) const { return count - station * W < W ? count - station * W : W; }
    ADJ_METHOD Station<R> &station_of(int lane) { return stations[trajectory[lane] / W]; }
    ADJ_METHOD int64 index_of(int lane) const { return first + trajectory[lane]; }

    // Columns of an input for one station.
    ADJ_METHOD void load(R *to, const void *base, int64 stride, int columns_, int station) const {
        if (stride == 0) {
            for (int c = 0; c < columns_; ++c) to[c] = broadcast<R>(static_cast<const T *>(base)[c]);
            return;
        }
        for (int lane = 0; lane < W; ++lane) {
            const T *row = row_of(base, stride, index_of(station, lane));
            for (int c = 0; c < columns_; ++c) set(to[c], lane, row[c]);
        }
    }

    ADJ_METHOD void prepare(int station) {
        Station<R> &s = stations[station];
        R w[ADJ_ROOM(CONTROLS)], times[ADJ_ROOM(OBSERVATIONS)], probe = number<R>(0);
        load(s.theta, launch->theta, launch->theta_stride, PARAMETERS, station);
        load(&s.t0, launch->t0, launch->t0_stride, 1, station);
        load(&s.t1, launch->t1, launch->t1_stride, 1, station);
        load(times, launch->times, launch->times_stride, OBSERVATIONS, station);
        load(w, launch->w, launch->w_stride, CONTROLS, station);
        if (launch->x0) load(s.x0, launch->x0, launch->x0_stride, STATES, station);
        else initial_state(s.theta, s.x0);
        for (int c = 0; c < STATES; ++c) probe = probe + (s.x0[c] - s.x0[c]);
        for (int c = 0; c < PARAMETERS; ++c) probe = probe + (s.theta[c] - s.theta[c]);
        for (int j = 0; j < OBSERVATIONS; ++j) probe = probe + (times[j] - times[j]);
        probe = probe + (s.t0 - s.t0) + (s.t1 - s.t1);
        s.status = choose(is_number(probe), number<R>(RUNNING), number<R>(NON_FINITE));
        s.quadrature = s.accepted = s.rejected = s.size = number<R>(0);
        for (int c = 0; c < STATES; ++c) s.x[c] = s.x0[c];
        rates(s.t0, s.x0, w, s.theta, s.slope, s.slope_cost);
        if (!options.equal()) {
            const R guess = first_size(s.x0, s.slope, s.theta, w, s.t0, s.t1, options);
            s.size = greater_of(guess, least_size(s.t0, number<R>(0), magnitude(s.t1 - s.t0)));
        }
    }

    ADJ_METHOD void lay(int lane) {
        Station<R> &s = station_of(lane);
        const int l = trajectory[lane] % W;
        const T *times = row_of(launch->times, launch->times_stride, index_of(lane));
        marks[lane].lay(get(s.t0, l), get(s.t1, l), times, launch->intervals);
    }

    template <class G> ADJ_METHOD G cleared() const {
        G g = {};
        if constexpr (UNIFORM) g.scaled = scaled;
        return g;
    }
    // Put one lane into the segment its marks name.
    ADJ_METHOD void enter(Place<R> &at, int lane) const {
        const Marks<T> &m = marks[lane];
        const T start = m.time_of(m.from);
        set(at.start, lane, start);
        set(at.length, lane, m.time_of(m.to) - start);
        if constexpr (CONTROLS > 0) {
            const T place = m.place_of(m.from);
            const T *low = row_of(launch->w, launch->w_stride, index_of(lane)) + m.node * CONTROLS;
            const T *high = low + (launch->hold ? CONTROLS : 0);
            set(at.u_start, lane, place - T(m.node));
            set(at.u_length, lane, m.place_of(m.to) - place);
            for (int c = 0; c < CONTROLS; ++c) {
                set(at.w_low[c], lane, low[c]);
                set(at.w_high[c], lane, high[c]);
            }
        }
        pace(at, lane);
    }
    // Equal time steps are shared out to the segments by length, at least one to each.
    ADJ_METHOD void pace(Place<R> &at, int lane) const {
        const T length = magnitude_of(get(at.length, lane));
        set(at.inverse, lane, T(1) / length);
        if (!options.equal()) return;
        const T span = magnitude_of(marks[lane].t1 - marks[lane].t0);
        const T counted = T(launch->steps) * (length / (span == 0 ? T(1) : span)) - T(1e-3);
        const T whole = T(int64(counted)), raised = whole < counted ? whole + 1 : whole, count_ = raised < 1 ? T(1) : raised;
        set(at.count, lane, count_), set(at.one_step, lane, T(1) / count_), set(at.done, lane, 0);
    }
    ADJ_METHOD static T magnitude_of(T a) { return a < 0 ? -a : a; }
    ADJ_METHOD void copy_theta(Place<R> &at, int lane) {
        const Station<R> &s = station_of(lane);
        for (int c = 0; c < PARAMETERS; ++c) set(at.theta[c], lane, get(s.theta[c], trajectory[lane] % W));
    }

    // Forward.

    // Give a lane the next trajectory that can start; false when there is none.
    ADJ_METHOD bool take(Walk<R> &g, int lane) {
        for (; next < count; ++next) {
            const Station<R> &s = stations[next / W];
            const int l = next % W;
            if (get(s.status, l) != T(RUNNING)) continue;
            trajectory[lane] = next++;
            for (int c = 0; c < STATES; ++c) {
                set(g.x[c], lane, get(s.x0[c], l));
                set(g.slope[c], lane, get(s.slope[c], l));
            }
            set(g.slope_cost, lane, get(s.slope_cost, l));
            set(g.size, lane, get(s.size, l));
            set(g.span, lane, magnitude_of(get(s.t1, l) - get(s.t0, l)));
            set(g.quadrature, lane, 0), set(g.left, lane, 0), set(g.log_before, lane, 0), set(g.growth, lane, T(GROW));
            set(g.accepted, lane, 0), set(g.rejected, lane, 0), set(g.running, lane, 1);
            copy_theta(g, lane);
            lay(lane);
            enter(g, lane);
            starts[started] = {tape.rows, lane, trajectory[lane], top[lane]};
            top[lane] = started++;
            return true;
        }
        set(g.running, lane, 0);
        return false;
    }

    ADJ_METHOD void leave(const Walk<R> &g, int lane, Status status) {
        Station<R> &s = station_of(lane);
        const int l = trajectory[lane] % W;
        for (int c = 0; c < STATES; ++c) set(s.x[c], l, get(g.x[c], lane));
        set(s.quadrature, l, get(g.quadrature, lane));
        set(s.accepted, l, get(g.accepted, lane));
        set(s.rejected, l, get(g.rejected, lane));
        set(s.status, l, T(status));
        attempts += int64(get(g.accepted, lane)) + int64(get(g.rejected, lane));
    }

    // What a lane does at a mark, when it is stuck, or at the cap; false when it stops for good.
    ADJ_METHOD bool meet(Walk<R> &g, int lane, R &jumped) {
        Marks<T> &m = marks[lane];
        const bool reached = get(g.reached, lane) != 0, done = reached && m.at_end();
        const bool over = get(g.accepted, lane) + get(g.rejected, lane) >= get(options.most, lane);
        if (reached && is_observation(m.to))
            for (int c = 0; c < STATES; ++c) set(station_of(lane).observed[-1 - m.to][c], trajectory[lane] % W, get(g.x[c], lane));
        if (reached && !done) {
            m.advance();
            enter(g, lane);
            if (m.from > 0) set(jumped, lane, 1);
            if (!over) return true;
        }
        const bool stuck = get(g.stuck, lane) != 0, finite = get(g.finite, lane) != 0;
        leave(g, lane, stuck ? (finite ? STEP_UNDERFLOW : NON_FINITE) : done ? FINISHED : MAX_STEPS);
        return take(g, lane);
    }

    // The slope behind a node of the control grid, in the lanes that have just passed one.
    ADJ_METHOD void restart(Walk<R> &g, R jumped) const {
        R slope[ADJ_ROOM(STATES)], cost;
        const Moment<R> m = moment_at(g, number<R>(0));
        rates(m.t, g.x, m.w, g.theta, slope, cost);
        const auto fresh = same(jumped, number<R>(1));
        for (int c = 0; c < STATES; ++c) g.slope[c] = choose(fresh, slope[c], g.slope[c]);
        g.slope_cost = choose(fresh, cost, g.slope_cost);
    }

    ADJ_METHOD void march() {
        if constexpr (EVEN) return march_evenly();
        Walk<R> g = cleared<Walk<R>>();
        unsigned running = 0;
        started = next = 0;
        tape.rows = 0;
        for (int lane = 0; lane < W; ++lane) {
            top[lane] = -1;
            if (take(g, lane)) running |= 1u << lane;
        }
        while (running) {
            if (taped() && !reserve(tape)) {
                overflow = true;
                each_lane(running, [&](int lane) { leave(g, lane, MAX_STEPS); });
                break;
            }
            const bool kept = taped() && tape.kept(tape.rows);
            R *before = kept ? tape.state_of(tape.rows) : nullptr;
            const Outcome outcome = attempt(g, options, before, taped() ? tape.sides_of(tape.rows) : nullptr);
            if (taped() && outcome.accepted) ++tape.rows;
            slots += W;
            if (outcome.events) {
                R jumped = number<R>(0);
                each_lane(outcome.events, [&](int lane) { running &= ~(unsigned(!meet(g, lane, jumped)) << lane); });
                if (CONTROLS > 0 && bits_of(same(jumped, number<R>(1)))) restart(g, jumped);
            }
        }
    }

    // The one lane of a device, segment by segment: there nothing but the state changes from time step to time step.
    ADJ_METHOD void march_evenly() {
        Walk<R> g = cleared<Walk<R>>();
        started = next = 0, tape.rows = 0, top[0] = -1;
        for (bool running = take(g, 0); running;) {
            const R h = g.one_step * g.length, left = options.most - g.accepted, end = left < g.count ? left : g.count;
            bool finite = true;
            R *place = taped() ? tape.slot(tape.slots_before(tape.rows)) : nullptr;
            while (g.done < end) {
                if (taped() && tape.kept(tape.rows + int64(g.done))) put(place, g.x), place += STATES * tape.stride;
                if (!stride(g, h)) {
                    finite = false;
                    break;
                }
            }
            if (taped()) tape.rows += int64(g.done);
            g.accepted = g.accepted + g.done, g.rejected = finite ? R(0) : R(1);
            g.reached = finite && g.done == g.count ? R(1) : R(0), g.stuck = R(1) - R(finite), g.finite = R(0);
            R jumped = R(0);
            running = meet(g, 0, jumped);
            if (CONTROLS > 0 && jumped != 0) restart(g, jumped);
        }
    }
    ADJ_METHOD static void put(R *to, const R *x) {
        columns<STATES>([&](auto c) ADJ_LAMBDA { to[c * LANE_APART] = x[c]; });
    }
    ADJ_METHOD static void fetch(const R *from, R *x) {
        columns<STATES>([&](auto c) ADJ_LAMBDA { x[c] = from[c * LANE_APART]; });
    }

    // Add up the cost; a finished trajectory whose cost is not finite has not finished.
    ADJ_METHOD void conclude(int station) {
        Station<R> &s = stations[station];
        R cost, times[ADJ_ROOM(OBSERVATIONS)], data[ADJ_ROOM(DATA_COLUMNS)];
        terminal_cost(s.t1, s.x, s.theta, cost);
        load(times, launch->times, launch->times_stride, OBSERVATIONS, station);
        for (int j = 0; j < OBSERVATIONS; ++j) {
            R part;
            load_data(j, data);
            observation_cost(OBSERVATION_GROUP[j], times[j], s.observed[j], s.theta, data, part);
            cost = cost + part;
        }
        cost = s.quadrature + cost;
        const auto ended = same(s.status, number<R>(FINISHED));
        s.status = choose(both(ended, negated(is_finite(cost))), number<R>(NON_FINITE), s.status);
        s.cost = choose(same(s.status, number<R>(FINISHED)), cost, number<R>(NOT_A_NUMBER));
        for (int lane = 0; lane < filled(station); ++lane) {
            const int64 i = first + station * W + lane;
            if (launch->x1)
                for (int c = 0; c < STATES; ++c) static_cast<T *>(launch->x1)[i * STATES + c] = get(s.x[c], lane);
            if (launch->cost) static_cast<T *>(launch->cost)[i] = get(s.cost, lane);
            if (launch->status) launch->status[i] = int64(get(s.status, lane));
            if (launch->accepted) launch->accepted[i] = int64(get(s.accepted, lane));
            if (launch->rejected) launch->rejected[i] = int64(get(s.rejected, lane));
        }
    }
    ADJ_METHOD void load_data(int j, R *data) const {
        for (int c = 0; c < DATA_COLUMNS; ++c)
            data[c] = launch->data ? broadcast<R>(static_cast<const T *>(launch->data)[j * DATA_COLUMNS + c])
                                   : number<R>(OBSERVATION_DATA[j][c]);
    }

    // Backward.

    ADJ_METHOD R weigh(R weight, R partial) const { return choose(same(weight, number<R>(0)), number<R>(0), weight * partial); }

    ADJ_METHOD void load_seeds(int station, R *x1_bar, R &cost_bar) const {
        for (int c = 0; c < STATES; ++c) x1_bar[c] = number<R>(0);
        cost_bar = number<R>(0);
        if (launch->x1_bar) load(x1_bar, launch->x1_bar, STATES, STATES, station);
        if (launch->cost_bar) load(&cost_bar, launch->cost_bar, 1, 1, station);
    }

    // The costate at t1, the jumps in the place of the observed states, and what the costs give theta and the times.
    ADJ_METHOD void seed(int station) {
        Station<R> &s = stations[station];
        const R zero = number<R>(0);
        const auto alive = same(s.status, number<R>(FINISHED));
        R x1_bar[ADJ_ROOM(STATES)], by_x[ADJ_ROOM(STATES)], by_theta[ADJ_ROOM(PARAMETERS)], by_t, cost_bar, times[ADJ_ROOM(OBSERVATIONS)];
        R data[ADJ_ROOM(DATA_COLUMNS)];
        load_seeds(station, x1_bar, cost_bar);
        s.cost_bar = choose(alive, cost_bar, zero);
        terminal_partials(s.t1, s.x, s.theta, by_t, by_x, by_theta);
        for (int c = 0; c < STATES; ++c) s.p[c] = choose(alive, x1_bar[c], zero) + weigh(s.cost_bar, by_x[c]);
        for (int c = 0; c < PARAMETERS; ++c) s.theta_bar[c] = weigh(s.cost_bar, by_theta[c]);
        s.t0_bar = zero;
        s.t1_bar = weigh(s.cost_bar, by_t);
        load(times, launch->times, launch->times_stride, OBSERVATIONS, station);
        for (int j = 0; j < OBSERVATIONS; ++j) {
            load_data(j, data);
            observation_partials(OBSERVATION_GROUP[j], times[j], s.observed[j], s.theta, data, by_t, by_x, by_theta);
            s.times_bar[j] = weigh(s.cost_bar, by_t);
            for (int c = 0; c < STATES; ++c) s.observed[j][c] = weigh(s.cost_bar, by_x[c]);
            for (int c = 0; c < PARAMETERS; ++c) s.theta_bar[c] = s.theta_bar[c] + weigh(s.cost_bar, by_theta[c]);
        }
        for (int64 v = 0; v < w_size; ++v) w_bar[(station * w_size + v) * w_stride] = zero;
    }

    ADJ_METHOD void clear_segment(Return<R> &g, int lane) const {
        set(g.start_bar, lane, 0), set(g.stop_bar, lane, 0), set(g.size_bar, lane, 0), set(g.u_start_bar, lane, 0), set(g.u_stop_bar, lane, 0);
        for (int c = 0; c < CONTROLS; ++c) set(g.w_low_bar[c], lane, 0), set(g.w_high_bar[c], lane, 0);
    }
    ADJ_METHOD void deposit(Return<R> &g, int lane) {
        const int mark = marks[lane].to;
        if (!is_observation(mark)) return;
        for (int c = 0; c < STATES; ++c) {
            const T jump = get(station_of(lane).observed[-1 - mark][c], trajectory[lane] % W);
            set(g.p[c], lane, get(g.p[c], lane) + jump);
        }
    }
    ADJ_METHOD void begin(Return<R> &g, int lane) {
        const Station<R> &s = station_of(lane);
        const int l = trajectory[lane] % W;
        for (int c = 0; c < STATES; ++c) set(g.p[c], lane, get(s.p[c], l));
        for (int c = 0; c < PARAMETERS; ++c) set(g.theta_bar[c], lane, get(s.theta_bar[c], l));
        set(g.cost_bar, lane, get(s.cost_bar, l));
        copy_theta(g, lane);
        clear_segment(g, lane);
        enter(g, lane);
    }
    // The lane's latest trajectory at its last mark; false when it did not finish and so has no way back.
    ADJ_METHOD bool take_up(int lane) {
        trajectory[lane] = starts[top[lane]].trajectory;
        if (get(station_of(lane).status, trajectory[lane] % W) != T(FINISHED)) return false;
        lay(lane);
        marks[lane].go_to_end();
        return true;
    }

    // dJ by a mark's time and by its place on the control grid, handed to t0, t1 and the observation times: a node lies
    // at t0 + (j/K)(t1 - t0) in time and stays where it is on the grid, an observation at K (s - t0)/(t1 - t0).
    ADJ_METHOD void hand_to_mark(int lane, int mark, T by_time, T by_place) {
        Station<R> &s = station_of(lane);
        const Marks<T> &m = marks[lane];
        const int l = trajectory[lane] % W;
        T t0_bar = by_time, t1_bar = by_time;
        if (!is_observation(mark)) {
            const T share = T(mark) / T(m.intervals);
            t0_bar *= T(1) - share, t1_bar *= share;
        } else {
            const T span = m.t1 - m.t0, drift = span == 0 ? T(0) : by_place * T(m.intervals) / span;
            const T share = span == 0 ? T(0) : (m.times[-1 - mark] - m.t0) / span;
            R &own = s.times_bar[-1 - mark];
            set(own, l, get(own, l) + by_time + drift);
            t0_bar = -drift * (T(1) - share), t1_bar = -drift * share;
        }
        set(s.t0_bar, l, get(s.t0_bar, l) + t0_bar);
        set(s.t1_bar, l, get(s.t1_bar, l) + t1_bar);
    }
    ADJ_METHOD void add_to_w(int lane, int64 value, T bar) {
        R &own = w_bar[(trajectory[lane] / W * w_size + value) * w_stride];
        set(own, trajectory[lane] % W, get(own, trajectory[lane] % W) + bar);
    }
    ADJ_METHOD void flush(Return<R> &g, int lane) {
        const Marks<T> &m = marks[lane];
        if (timed()) {
            if constexpr (EVEN) {  // h is a share of the segment's length
                const T by_length = g.length == 0 ? T(0) : g.size_bar / g.length;
                g.start_bar -= by_length, g.stop_bar += by_length;
            }
            hand_to_mark(lane, m.from, get(g.start_bar, lane), get(g.u_start_bar, lane));
            hand_to_mark(lane, m.to, get(g.stop_bar, lane), get(g.u_stop_bar, lane));
        }
        for (int c = 0; c < CONTROLS; ++c) {
            add_to_w(lane, m.node * CONTROLS + c, get(g.w_low_bar[c], lane));
            add_to_w(lane, (m.node + launch->hold) * CONTROLS + c, get(g.w_high_bar[c], lane));
        }
        clear_segment(g, lane);
    }
    ADJ_METHOD void end(Return<R> &g, int lane) {
        Station<R> &s = station_of(lane);
        const int l = trajectory[lane] % W;
        flush(g, lane);
        for (int c = 0; c < STATES; ++c) set(s.p[c], l, get(g.p[c], lane));
        for (int c = 0; c < PARAMETERS; ++c) set(s.theta_bar[c], l, get(g.theta_bar[c], lane));
    }

    // A time step that reached a mark: its lane enters the segment before it, or the way back of its trajectory begins.
    ADJ_METHOD void go_back(Return<R> &g, int lane, unsigned &swept) {
        if (swept >> lane & 1) {
            flush(g, lane);
            marks[lane].retreat();
            enter(g, lane);
        } else {
            if (!take_up(lane)) return;
            begin(g, lane);
            swept |= 1u << lane;
        }
        deposit(g, lane);
    }

    template <bool TIMES> ADJ_METHOD void sweep() {
        if constexpr (EVEN) return sweep_evenly<TIMES>();
        Return<R> g = cleared<Return<R>>();
        R room[ADJ_ROOM(STATES)];
        unsigned swept = 0;
        // Starts behind the last row belong to trajectories that never took a time step.
        for (last = started - 1; last >= 0 && starts[last].row >= tape.rows; --last) top[lane_of(starts[last])] = starts[last].previous;
        for (int64 row = tape.rows - 1; row >= 0; --row) {
            const R *sides = tape.sides_of(row);
            const R &left = sides[0], &right = sides[LANE_APART];
            const unsigned reached = bits_of(same(right, number<R>(1)));
            each_lane(reached, [&](int lane) { go_back(g, lane, swept); });
            if (W == 1 && !swept) return;
            const R *x = state_before(row, swept, number<R>(0));
            if constexpr (LANE_APART > 1) fetch(x, room);
            undo<TIMES>(g, LANE_APART > 1 ? room : x, left, right);
            for (; last >= 0 && starts[last].row == row; --last) {
                const int lane = lane_of(starts[last]);
                if (swept >> lane & 1) end(g, lane);
                swept &= ~(1u << lane);
                top[lane] = starts[last].previous;
            }
        }
    }

    // The way back of `march_evenly`, two time steps a turn: each undoes the state that the other had fetched meanwhile, and
    // both share the weights that were read.  Behind the first state that is a row before the tape: in the sums, and not used.
    template <bool TIMES> ADJ_METHOD void sweep_evenly() {
        Return<R> g = cleared<Return<R>>();
        R x[ADJ_ROOM(STATES)], ahead[ADJ_ROOM(STATES)];
        int64 row = tape.rows;
        if (row == 0 || !take_up(0)) return;
        begin(g, 0);
        const R *place = tape.spaced() ? nullptr : tape.slot(row - 1);
        if (!tape.spaced()) fetch(place, x);
        const auto go = [&](R *here, R *before) ADJ_LAMBDA {
            const R right = fraction_done(g);
            g.done = g.done - R(1);
            if (tape.spaced()) fetch(state_before(row + int64(g.done), 1, g.done), here);
            else place -= STATES * tape.stride, fetch(place, before);
            undo<TIMES>(g, here, g.done * g.one_step, right);
        };
        for (;;) {
            deposit(g, 0);
            row -= int64(g.count);
            g.done = g.count;
            if (int64(g.count) & 1) {
                go(x, ahead);
                columns<STATES>([&](auto c) ADJ_LAMBDA { x[c] = ahead[c]; });
            }
            while (g.done > 0) go(x, ahead), go(ahead, x);
            if (row == 0) break;
            flush(g, 0);
            marks[0].retreat();
            enter(g, 0);
        }
        end(g, 0);
    }

    ADJ_METHOD const R *state_before(int64 row, unsigned swept, R done) {
        if (!tape.spaced()) return tape.state_of(row);
        if (row == tape.rows - 1 || tape.kept(row + 1)) fill_block(row, swept, done);
        return tape.block + (row & (tape.spacing() - 1)) * STATES * tape.stride;
    }

    // The states between two kept ones up to that before `to`, by taking the recorded time steps again; lanes that start
    // meanwhile start again.  `done`: of the segment's time steps before row `to`, where these are EVEN.
    ADJ_FILL void fill_block(int64 to, unsigned swept, R done) {
        Place<R> at = cleared<Place<R>>();
        R x[ADJ_ROOM(STATES)];
        Marks<T> kept_marks[W];
        int kept_trajectory[W], kept_top[W];
        for (int lane = 0; lane < W; ++lane)
            kept_marks[lane] = marks[lane], kept_trajectory[lane] = trajectory[lane], kept_top[lane] = top[lane];
        const int64 slot = to >> tape.shift, from = slot << tape.shift;
        int begun = last;
        unsigned alive = swept;
        if constexpr (!EVEN) alive = follow_marks(from, to, swept, begun);
        each_lane(alive, [&](int lane) { copy_theta(at, lane), enter(at, lane); });
        if constexpr (EVEN) count_back(at, to - from, done), ++begun;
        fetch(tape.slot(slot), x);
        for (int64 row = from;; ++row) {
            for (; begun <= last && starts[begun].row == row; ++begun) {
                const int lane = lane_of(starts[begun]);
                trajectory[lane] = starts[begun].trajectory;
                for (int c = 0; c < STATES; ++c) set(x[c], lane, get(station_of(lane).x0[c], trajectory[lane] % W));
                copy_theta(at, lane), lay(lane), enter(at, lane);
                alive |= 1u << lane;
            }
            R *block = tape.block + (row - from) * STATES * tape.stride;
            put(block, x);
            if (row == to) break;
            R left, right;
            if constexpr (EVEN) {
                left = fraction_done(at);
                at.done = at.done + number<R>(1);
                right = fraction_done(at);
            } else {
                left = tape.sides_of(row)[0], right = tape.sides_of(row)[LANE_APART];
            }
            repeat(at, x, left, right);
            each_lane(bits_of(same(right, number<R>(1))) & alive, [&](int lane) {
                if (!marks[lane].at_end()) marks[lane].advance(), enter(at, lane);
            });
        }
        for (int lane = 0; lane < W; ++lane)
            marks[lane] = kept_marks[lane], trajectory[lane] = kept_trajectory[lane], top[lane] = kept_top[lane];
    }
    // The one lane of a device, with `done` time steps of its segment done, `rows` rows earlier.
    ADJ_METHOD void count_back(Place<R> &at, int64 rows, R done) {
        for (; R(rows) > done; done = at.count) {
            rows -= int64(done);
            marks[0].retreat();
            enter(at, 0);
        }
        at.done = done - R(rows);
    }
    // Put trajectories and marks back from row `to`, which the sweep has reached, to where they were before row `from`;
    // returns the lanes under way there, and in `begun` the next start.
    ADJ_METHOD unsigned follow_marks(int64 from, int64 to, unsigned alive, int &begun) {
        for (int64 row = to; row >= from; --row) {
            const unsigned reached = row < to ? bits_of(same(tape.sides_of(row)[LANE_APART], number<R>(1))) : 0;
            each_lane(reached, [&](int lane) {
                if (alive >> lane & 1) marks[lane].retreat();
                else if (take_up(lane)) alive |= 1u << lane;
            });
            for (; begun >= 0 && starts[begun].row == row; --begun) {
                alive &= ~(1u << lane_of(starts[begun]));
                top[lane_of(starts[begun])] = starts[begun].previous;
            }
        }
        ++begun;
        return alive;
    }

    // One column of a gradient for one station: to its rows, or to the batch's sums in the order of the trajectories.
    ADJ_METHOD void give(R value, void *out, int shared, int width, int64 column, int place, int station) {
        for (int lane = 0; lane < filled(station); ++lane) {
            if (shared) sums[(place + column) * sums_stride] += double(get(value, lane));
            else static_cast<T *>(out)[(first + station * W + lane) * int64(width) + column] = get(value, lane);
        }
    }
    // Unfinished trajectories have no derivative: NaN, or exactly 0 where nothing was asked of them.
    ADJ_METHOD void settle(int station) {
        constexpr Sums<T> places;
        Station<R> &s = stations[station];
        R x1_bar[ADJ_ROOM(STATES)], cost_bar, pulled[ADJ_ROOM(PARAMETERS)];
        load_seeds(station, x1_bar, cost_bar);
        auto asked = negated(same(cost_bar, number<R>(0)));
        for (int c = 0; c < STATES; ++c) asked = either(asked, negated(same(x1_bar[c], number<R>(0))));
        const auto alive = same(s.status, number<R>(FINISHED));
        const R otherwise = choose(asked, number<R>(NOT_A_NUMBER), number<R>(0));
        const auto settled = [&](R value) ADJ_LAMBDA { return choose(alive, value, otherwise); };
        for (int c = 0; c < STATES; ++c) s.p[c] = settled(s.p[c]);
        for (int c = 0; c < PARAMETERS; ++c) s.theta_bar[c] = settled(s.theta_bar[c]);
        if (!launch->x0) {
            auto still = same(s.p[0], number<R>(0));
            for (int c = 1; c < STATES; ++c) still = both(still, same(s.p[c], number<R>(0)));
            initial_pullback(s.theta, s.p, pulled);
            for (int c = 0; c < PARAMETERS; ++c) s.theta_bar[c] = s.theta_bar[c] + choose(still, number<R>(0), pulled[c]);
        }
        const Launch &l = *launch;
        for (int c = 0; l.x0_bar && c < STATES; ++c) give(s.p[c], l.x0_bar, l.x0_bar_shared, STATES, c, places.x0, station);
        for (int c = 0; l.theta_bar && c < PARAMETERS; ++c)
            give(s.theta_bar[c], l.theta_bar, l.theta_bar_shared, PARAMETERS, c, places.theta, station);
        if (l.t0_bar) give(settled(s.t0_bar), l.t0_bar, l.t0_bar_shared, 1, 0, places.t0, station);
        if (l.t1_bar) give(settled(s.t1_bar), l.t1_bar, l.t1_bar_shared, 1, 0, places.t1, station);
        for (int j = 0; l.times_bar && j < OBSERVATIONS; ++j)
            give(settled(s.times_bar[j]), l.times_bar, l.times_bar_shared, OBSERVATIONS, j, places.times, station);
        for (int64 v = 0; l.w_bar && v < w_size; ++v)
            give(settled(w_bar[(station * w_size + v) * w_stride]), l.w_bar, l.w_bar_shared, int(w_size), v, places.w, station);
    }

    // All of a batch: trajectories first .. first + count.
    ADJ_METHOD void run(int64 from, int size) {
        first = from, count = size;
        const int stations_used = (count + W - 1) / W;
        for (int s = 0; s < stations_used; ++s) prepare(s);
        march();
        for (int s = 0; s < stations_used; ++s) conclude(s);
        if (!taped()) return;
        for (int s = 0; s < stations_used; ++s) seed(s);
        if (timed()) sweep<true>();
        else sweep<false>();
        for (int s = 0; s < stations_used; ++s) settle(s);
    }
};
