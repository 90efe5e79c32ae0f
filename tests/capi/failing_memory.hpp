// Memory that runs out on demand, in a program that links failing_memory.cpp: operator new and what SQLite takes.
#pragma once

#include <cstdint>

namespace mos::test {

enum class Shortage : std::uint8_t {
    once,     // one allocation fails
    for_good  // and all after it, until fail_never()
};

// The n-th allocation from now on fails, from 1, of all threads together.
void fail_allocation(std::uint64_t number, Shortage shortage);
void fail_never();
[[nodiscard]] bool allocation_has_failed();  // since fail_allocation()

}  // namespace mos::test
