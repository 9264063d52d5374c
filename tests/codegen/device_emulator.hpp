// The device's own text on a processor: threads one after the other.  It has no barriers and no shared memory, so that
// is what a device computes, up to its roundings.
#define __CUDACC__ 1
#define __device__
#define __global__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#include <math.h>
#include <stdlib.h>
#include <string.h>
struct Three {
    unsigned x;
};
static unsigned long long atomicAdd(unsigned long long *counter, unsigned long long by) { return (*counter += by) - by; }
static Three gridDim, blockDim, blockIdx, threadIdx;
