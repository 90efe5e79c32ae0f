#include "failing_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include <sqlite3.h>

namespace mos::test {

namespace {

std::atomic<std::uint64_t> left{0};  // allocations up to the one that fails; 0 when none is to fail
std::atomic<bool> lasts{false};
std::atomic<bool> failed{false};

bool runs_out() {
    if (lasts && failed)
        return true;
    std::uint64_t now = left;
    while (now > 0 && !left.compare_exchange_weak(now, now - 1)) {
    }
    if (now != 1)
        return false;
    failed = true;
    return true;
}

sqlite3_mem_methods own_methods;

void *sqlite_allocate(int size) { return runs_out() ? nullptr : own_methods.xMalloc(size); }
void *sqlite_reallocate(void *old, int size) { return runs_out() ? nullptr : own_methods.xRealloc(old, size); }

// Before anybody uses SQLite.
const bool sqlite_is_set_up = [] {
    sqlite3_mem_methods methods;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &own_methods) != SQLITE_OK)
        std::abort();
    methods = own_methods;
    methods.xMalloc = sqlite_allocate;
    methods.xRealloc = sqlite_reallocate;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK)
        std::abort();
    return true;
}();

}  // namespace

void fail_allocation(std::uint64_t number, Shortage shortage) {
    failed = false;
    lasts = shortage == Shortage::for_good;
    left = number;
}

void fail_never() {
    left = 0;
    lasts = false;
}

bool allocation_has_failed() { return failed; }

}  // namespace mos::test

// NOLINTBEGIN(cppcoreguidelines-no-malloc): this is what the containers get their memory from
// The array forms of the standard library come down to these. Its nothrow form does too, but not a sanitizer's.
void *operator new(std::size_t size) {
    void *memory = mos::test::runs_out() ? nullptr : std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr)
        throw std::bad_alloc{};
    return memory;
}
void *operator new(std::size_t size, const std::nothrow_t & /*tag*/) noexcept {
    return mos::test::runs_out() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete(void *memory, const std::nothrow_t & /*tag*/) noexcept { std::free(memory); }
// NOLINTEND(cppcoreguidelines-no-malloc)
