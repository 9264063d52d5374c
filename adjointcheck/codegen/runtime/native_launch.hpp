// The doors: the plain C interface on the CPU, the kernels on the device.

#ifndef ADJ_PRECISIONS  // 1: double, 2: float, 3: both; a launch in the other one is refused
#define ADJ_PRECISIONS 3
#endif

template <class T> ADJ_METHOD int shared_width(const Launch &launch) {
    return Sums<T>().w + int(int64(launch.intervals + launch.hold) * CONTROLS);
}

// Why a launch cannot run, or 0; the numbers are in native_abi.py.
inline int refuse(const Launch &launch) {
    const bool missing = !launch.t0 || !launch.t1 || (PARAMETERS && !launch.theta) || (CONTROLS && !launch.w);
    if (launch.count > 0 && (missing || (OBSERVATIONS && !launch.times))) return 1;
    if (launch.steps <= 0 && !ADAPTIVE) return 2;
    const bool odd = launch.count < 0 || launch.intervals < 1 || launch.max_steps < 1 || launch.hold < 0 || launch.hold > 1;
    return odd || launch.steps < 0 || !(launch.rtol >= 0) || !(launch.atol >= 0) ? 6 : 0;
}

#if defined(__CUDACC__)

// A resident thread solves trajectories thread, thread + threads, ..., or after its first whichever is next where no sum
// depends on who solves which.  Its tape lies interleaved with those of its block, and so do its sums.  The workspace holds
// the sums of all threads, then w_bar, kept states, sides and one block of each.
template <class R> ADJ_METHOD bool reserve(Tape<R> &tape) { return tape.rows < tape.sides_most; }

constexpr int SIDES = EVEN ? 0 : 2;

// The closest spacing of kept states for which `launch.rows` rows fit into `numbers`; native_cuda.py counts alike.
template <class R> ADJ_METHOD void place_tape(Tape<R> &tape, const Launch &launch, R *from, int64 numbers, int64 thread) {
    tape.sides_most = launch.rows;
    for (tape.shift = 0;; ++tape.shift) {
        tape.slots_most = (launch.rows >> tape.shift) + 1;
        const int64 block = tape.shift ? tape.spacing() : 0;
        if (tape.shift == 15 || (tape.slots_most + block) * STATES + SIDES * launch.rows <= numbers) break;
    }
    const int64 block = thread / LANE_APART, place = thread % LANE_APART;
    tape.states = from + block * LANE_APART * STATES + place;
    tape.sides = from + tape.slots_most * STATES * tape.stride + block * LANE_APART * 2 + place;
    tape.block = tape.states + (tape.slots_most * STATES + SIDES * tape.sides_most) * tape.stride;
}

template <class R> __device__ void solve_on_device(const Launch &launch, const Scaled<R> &scaled) {
    const int64 threads = int64(gridDim.x) * blockDim.x, thread = int64(blockIdx.x) * blockDim.x + threadIdx.x;
    const int width = shared_width<R>(launch);
    Station<R> station;
    Start start;
    Worker<R> worker;
    worker.open(launch);
    worker.scaled = &scaled;
    worker.stations = &station, worker.starts = &start, worker.overflow = false;
    worker.sums = static_cast<double *>(launch.workspace) + thread, worker.sums_stride = threads;
    R *numbers = reinterpret_cast<R *>(static_cast<double *>(launch.workspace) + threads * width);
    worker.w_bar = numbers + thread, worker.w_stride = worker.tape.stride = threads;
    if (worker.taped()) {
        const int64 left = (launch.workspace_bytes - threads * width * int64(sizeof(double))) / int64(sizeof(R)) / threads;
        place_tape(worker.tape, launch, numbers + worker.w_size * threads, left - worker.w_size, thread);
        for (int c = 0; c < width; ++c) worker.sums[c * threads] = 0;
    }
    const auto following = [&](int64 i) { return launch.next ? threads + int64(atomicAdd(launch.next, 1ULL)) : i + threads; };
    for (int64 i = thread; i < launch.count; i = following(i)) worker.run(i, 1);
}

// Sums `from` threads' parts of every shared gradient into `to` parts, in an order that is always the same; the last
// part is the gradient.
template <class R> __device__ void add_up_on_device(const Launch &launch, int threads, int from, int to) {
    constexpr Sums<R> places;
    const int width = shared_width<R>(launch), place = blockIdx.x * blockDim.x + threadIdx.x;
    const int column = place / to, part = place % to;
    if (column >= width) return;
    double *parts = static_cast<double *>(launch.workspace) + int64(column) * threads, sum = 0;
    for (int64 t = part; t < from; t += to) sum += parts[t];
    parts[part] = sum;
    if (to > 1) return;
    const struct { void *out; int shared, from; } rows[] = {
        {launch.x0_bar, launch.x0_bar_shared, places.x0}, {launch.theta_bar, launch.theta_bar_shared, places.theta},
        {launch.t0_bar, launch.t0_bar_shared, places.t0}, {launch.t1_bar, launch.t1_bar_shared, places.t1},
        {launch.times_bar, launch.times_bar_shared, places.times}, {launch.w_bar, launch.w_bar_shared, places.w}};
    int r = 0;
    const int ends[] = {places.theta, places.t0, places.t1, places.times, places.w, width};
    while (column >= ends[r]) ++r;
    if (rows[r].out && rows[r].shared) static_cast<R *>(rows[r].out)[column - rows[r].from] = R(sum);
}

#define ADJ_KERNELS(suffix, T) \
    extern "C" __global__ void adjointcheck_kernel_##suffix(const __grid_constant__ Launch launch, const __grid_constant__ Scaled<T> scaled) { \
        solve_on_device<T>(launch, scaled); \
    } \
    extern "C" __global__ void adjointcheck_reduce_##suffix(const __grid_constant__ Launch launch, int threads, int from, int to) { \
        add_up_on_device<T>(launch, threads, from, to); \
    }
#if ADJ_PRECISIONS & 1
ADJ_KERNELS(f64, double)
#endif
#if ADJ_PRECISIONS & 2
ADJ_KERNELS(f32, float)
#endif

#else

#ifndef ADJ_LEAST_BATCHES  // a batch holds up to BATCH_GROUPS groups of lanes once there are this many batches
#define ADJ_LEAST_BATCHES 64
#endif
constexpr int BATCH_GROUPS = 16;
constexpr int64 DEFAULT_MEMORY = int64(1) << 30, KEPT_MEMORY = int64(32) << 20;

// Memory of one worker, kept from launch to launch while it is small.
struct Buffer {
    void *bytes = nullptr;
    int64 size = 0;
    ~Buffer() { free(bytes); }
    void *hold(int64 wanted, int64 keep = 0) {
        if (wanted <= size) return bytes;
        void *larger = aligned_alloc(128, size_t((wanted + 127) / 128 * 128));
        if (!larger) return nullptr;
        if (keep) memcpy(larger, bytes, size_t(keep));
        free(bytes);
        bytes = larger, size = wanted;
        return bytes;
    }
    void release() {
        if (size > KEPT_MEMORY) free(bytes), bytes = nullptr, size = 0;
    }
};
struct Buffers {
    Buffer stations, starts, w_bar, sides, states, block;
    void release() {
        Buffer *const all[] = {&stations, &starts, &w_bar, &sides, &states, &block};
        for (Buffer *buffer : all) buffer->release();
    }
};
static Buffers &own_buffers() {
    static thread_local Buffers buffers;
    return buffers;
}

template <class R> bool grow(Buffer &buffer, R *&numbers, int64 &have, int64 most, int64 row) {
    const int64 doubled = have * 2 < 64 ? 64 : have * 2, wanted = doubled < most ? doubled : most;
    if (wanted <= have) return false;
    const int64 bytes = row * int64(sizeof(R));
    void *larger = buffer.hold(wanted * bytes, have * bytes);
    if (!larger) return false;
    numbers = static_cast<R *>(larger);
    have = buffer.size / bytes < most ? buffer.size / bytes : most;
    return true;
}

template <class R> inline bool reserve(Tape<R> &tape) {
    Buffers &buffers = own_buffers();
    if (tape.rows >= tape.sides_room && !grow(buffers.sides, tape.sides, tape.sides_room, tape.sides_most, 2)) return false;
    while (tape.kept(tape.rows) && (tape.rows >> tape.shift) >= tape.slots) {
        if (grow(buffers.states, tape.states, tape.slots, tape.slots_most, STATES)) continue;
        if (tape.slots < 2) return false;
        tape.thin();
        tape.block = static_cast<R *>(buffers.block.hold(tape.spacing() * STATES * int64(sizeof(R))));
        if (!tape.block) return false;
    }
    return true;
}

// How a launch is divided; by the number of trajectories alone, so that sums do not depend on the number of threads.
template <class R> struct Plan {
    int64 batch, batches, threads, fixed, rows, slots;

    explicit Plan(const Launch &launch) {
        constexpr int64 W = Lane<R>::COUNT;
        const int64 groups = (launch.count + W * ADJ_LEAST_BATCHES - 1) / (W * ADJ_LEAST_BATCHES);
        batch = W * (groups < 1 ? 1 : groups > BATCH_GROUPS ? BATCH_GROUPS : groups);
        batches = (launch.count + batch - 1) / batch;
        threads = launch.threads < 1 ? 1 : launch.threads < batches ? launch.threads : batches < 1 ? 1 : batches;
        const int64 values = int64(sizeof(Station<R>)) + int64(launch.intervals + launch.hold) * CONTROLS * int64(sizeof(R));
        fixed = batch / W * values + batch * int64(sizeof(Start));
        const int64 limit = (launch.memory_limit > 0 ? launch.memory_limit : DEFAULT_MEMORY) / threads - fixed;
        // Two numbers a row always; the states of all rows where that fits, else of as many as fit.
        int64 most = launch.max_steps * (batch / W);
        if (launch.steps) most = (launch.steps + launch.intervals + OBSERVATIONS + 1) * (batch / W + 1);
        const int64 side = 2 * int64(sizeof(R)), state = STATES * int64(sizeof(R));
        // While a buffer grows its old contents stand beside the new ones; the block of states taken again comes later.
        const int64 by_memory = limit / 3 / side;
        rows = most < by_memory ? most : by_memory;
        slots = (limit - rows * side * 3 / 2) / 2 / state;
        if (slots > rows) slots = rows;
    }
    int64 tape_bytes() const { return rows * 3 * int64(sizeof(R)) + 2 * slots * STATES * int64(sizeof(R)); }
    int64 bytes(bool backward, int width) const {
        return threads * (fixed + (backward ? tape_bytes() : 0)) + batches * width * int64(sizeof(double));
    }
};

template <class R> struct Team {
    typedef typename Lane<R>::Real T;
    const Launch &launch;
    Plan<R> plan;
    int width, code = 0;
    double *sums;
    int64 attempts = 0, slots = 0;

    explicit Team(const Launch &given) : launch(given), plan(given), width(shared_width<T>(given)) {}

    int run() {
        sums = static_cast<double *>(calloc(size_t(plan.batches * width + 1), sizeof(double)));
        if (!sums) return 4;
        if (plan.rows < 1 || plan.slots < 2) code = 3;
        if (code == 0 && plan.threads == 1) work(0, plan.batches);
#if defined(_OPENMP)
        else if (code == 0) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(int(plan.threads))
            for (int64 b = 0; b < plan.batches; ++b) work(b, b + 1);
        }
#else
        else if (code == 0) work(0, plan.batches);
#endif
        if (code == 0) add_up();
        if (launch.lane_attempts) *launch.lane_attempts = attempts;
        if (launch.lane_slots) *launch.lane_slots = slots;
        free(sums);
        return code;
    }

    void fail(int why) {
#pragma omp atomic write
        code = why;
    }

    void work(int64 from, int64 to) {
        constexpr int64 W = Lane<R>::COUNT;
        Buffers &buffers = own_buffers();
        Worker<R> worker;
        worker.open(launch);
        worker.stations = static_cast<Station<R> *>(buffers.stations.hold(plan.batch / W * int64(sizeof(Station<R>))));
        worker.starts = static_cast<Start *>(buffers.starts.hold(plan.batch * int64(sizeof(Start))));
        worker.w_bar = static_cast<R *>(buffers.w_bar.hold((plan.batch / W * worker.w_size + 1) * int64(sizeof(R))));
        worker.w_stride = worker.tape.stride = worker.sums_stride = 1;
        if (!worker.stations || !worker.starts || !worker.w_bar) return fail(4);
        Tape<R> &tape = worker.tape;
        tape.sides = static_cast<R *>(buffers.sides.bytes), tape.states = static_cast<R *>(buffers.states.bytes), tape.block = nullptr;
        tape.sides_most = plan.rows, tape.slots_most = plan.slots;
        for (int64 b = from; b < to && code == 0; ++b) {
            if (launch.cancel && *launch.cancel) return fail(5);
            tape.shift = 0, worker.overflow = false, worker.sums = sums + b * width;
            tape.sides_room = at_most(buffers.sides.size / (2 * int64(sizeof(R))), plan.rows);
            tape.slots = at_most(buffers.states.size / (STATES * int64(sizeof(R))), plan.slots);
            const int64 first = b * plan.batch, rest = launch.count - first;
            worker.run(first, int(rest < plan.batch ? rest : plan.batch));
            if (worker.overflow) fail(3);
        }
        buffers.release();
#pragma omp atomic
        attempts += worker.attempts;
#pragma omp atomic
        slots += worker.slots;
    }
    static int64 at_most(int64 a, int64 b) { return a < b ? a : b; }

    // Batches pairwise, in a tree that the number of threads does not change.
    void add_up() {
        for (int64 apart = 1; apart < plan.batches; apart *= 2)
            for (int64 b = 0; b + apart < plan.batches; b += 2 * apart)
                for (int c = 0; c < width; ++c) sums[b * width + c] += sums[(b + apart) * width + c];
        constexpr Sums<T> places;
        if (launch.x1_bar || launch.cost_bar) {
            copy(launch.x0_bar, launch.x0_bar_shared, places.x0, STATES);
            copy(launch.theta_bar, launch.theta_bar_shared, places.theta, PARAMETERS);
            copy(launch.t0_bar, launch.t0_bar_shared, places.t0, 1);
            copy(launch.t1_bar, launch.t1_bar_shared, places.t1, 1);
            copy(launch.times_bar, launch.times_bar_shared, places.times, OBSERVATIONS);
            copy(launch.w_bar, launch.w_bar_shared, places.w, width - places.w);
        }
    }
    void copy(void *out, int shared, int place, int count) const {
        for (int c = 0; out && shared && c < count; ++c) static_cast<T *>(out)[c] = plan.batches ? T(sums[place + c]) : T(0);
    }
};

template <class R> int solve_on_cpu(const Launch *launch) {
    if (const int code = refuse(*launch)) return code;
    return Team<R>(*launch).run();
}
template <class R> long long memory_on_cpu(const Launch *launch) {
    if (refuse(*launch)) return 0;
    return Plan<R>(*launch).bytes(launch->x1_bar || launch->cost_bar, shared_width<typename Lane<R>::Real>(*launch));
}

#if ADJ_PARTS > 1
typedef Pair<VectorD> LanesD;
typedef Pair<VectorF> LanesF;
#else
typedef VectorD LanesD;
typedef VectorF LanesF;
#endif

template <class R, bool BUILT> int enter(const Launch *launch) {
    if constexpr (BUILT) return solve_on_cpu<R>(launch);
    else return (void)launch, 7;
}
template <class R, bool BUILT> long long estimate(const Launch *launch) {
    if constexpr (BUILT) return memory_on_cpu<R>(launch);
    else return (void)launch, 0;
}
#define ADJ_EXPORT extern "C" __attribute__((visibility("default")))
ADJ_EXPORT int adjointcheck_solve_f64(const Launch *launch) { return enter<LanesD, ADJ_PRECISIONS & 1>(launch); }
ADJ_EXPORT int adjointcheck_solve_f32(const Launch *launch) { return enter<LanesF, (ADJ_PRECISIONS & 2) != 0>(launch); }
ADJ_EXPORT long long adjointcheck_memory_f64(const Launch *launch) { return estimate<LanesD, ADJ_PRECISIONS & 1>(launch); }
ADJ_EXPORT long long adjointcheck_memory_f32(const Launch *launch) { return estimate<LanesF, (ADJ_PRECISIONS & 2) != 0>(launch); }
ADJ_EXPORT long long adjointcheck_memory(const Launch *launch) { return adjointcheck_memory_f64(launch); }

ADJ_EXPORT int adjointcheck_describe(char *buffer, int size) {
    static const char head[] = ADJ_DESCRIPTION;
    char text[sizeof(head) + 64];
    const int length = snprintf(text, sizeof(text), "%s, \"lanes\": {\"f64\": %d, \"f32\": %d}}", head, Lane<LanesD>::COUNT, Lane<LanesF>::COUNT);
    if (buffer && size > length) memcpy(buffer, text, size_t(length) + 1);
    return length + 1;
}

#endif
