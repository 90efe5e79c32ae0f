#include "memory_budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace mos::delta {

namespace {

// Before each block of the hooks': how large it is. As large as the strictest alignment.
constexpr std::size_t prefix_bytes = alignof(std::max_align_t);
static_assert(prefix_bytes >= sizeof(std::size_t));

}  // namespace

void MemoryBudget::give_back(std::uint64_t bytes) noexcept {
    const std::lock_guard lock{m_mutex};
    m_used -= bytes;
}

std::uint64_t MemoryBudget::peak() const noexcept {
    const std::lock_guard lock{m_mutex};
    return m_peak;
}

std::uint64_t MemoryBudget::left() const noexcept {
    const std::lock_guard lock{m_mutex};
    return m_limit - m_used;
}

bool MemoryBudget::reserve(std::uint64_t bytes) noexcept {
    const std::lock_guard lock{m_mutex};
    if (bytes > m_limit - m_used) {
        m_refused = bytes;
        return false;
    }
    m_used += bytes;
    m_peak = std::max(m_peak, m_used);
    return true;
}

Error MemoryBudget::refusal(std::string_view what) const {
    const std::lock_guard lock{m_mutex};
    if (m_refused == 0)
        return Error{Code::OUT_OF_MEMORY, fmt::format("{} needs more memory than there is", what)};
    return Error{Code::LIMIT, fmt::format("{} needs {} bytes of memory; {} of {} are left", what, m_refused,
                                          m_limit - m_used, m_limit)}
        .with_remedy("allow more memory, or take the full package");
}

Result<void> MemoryBudget::take(std::uint64_t bytes, std::string_view what) {
    if (!reserve(bytes))
        return refusal(what);
    return {};
}

void *MemoryBudget::allocate(std::size_t bytes) noexcept {
    if (bytes > std::numeric_limits<std::size_t>::max() - prefix_bytes || !reserve(bytes + prefix_bytes))
        return nullptr;
    void *block = ::operator new(bytes + prefix_bytes, std::nothrow);
    if (block == nullptr) {
        give_back(bytes + prefix_bytes);
        return nullptr;
    }
    *static_cast<std::size_t *>(block) = bytes;
    return static_cast<std::byte *>(block) + prefix_bytes;
}

void MemoryBudget::release(void *address) noexcept {
    if (address == nullptr)
        return;
    void *block = static_cast<std::byte *>(address) - prefix_bytes;
    give_back(*static_cast<std::size_t *>(block) + prefix_bytes);
    ::operator delete(block);
}

Result<MemoryClaim> MemoryClaim::create(MemoryBudget &memory, std::uint64_t bytes, std::string_view what) {
    MOS_CHECK(memory.take(bytes, what));
    MemoryClaim claim;
    claim.m_memory = &memory;
    claim.m_bytes = bytes;
    return claim;
}

MemoryClaim::MemoryClaim(MemoryClaim &&other) noexcept
    : m_memory(std::exchange(other.m_memory, nullptr)), m_bytes(other.m_bytes) {}

MemoryClaim &MemoryClaim::operator=(MemoryClaim &&other) noexcept {
    std::swap(m_memory, other.m_memory);
    std::swap(m_bytes, other.m_bytes);
    return *this;
}

MemoryClaim::~MemoryClaim() {
    if (m_memory != nullptr)
        m_memory->give_back(m_bytes);
}

Result<CountedBytes> CountedBytes::create(MemoryBudget &memory, std::uint64_t count, std::string_view what) {
    CountedBytes counted;
    if (count > counted.m_bytes.max_size())  // where an address has 32 bits
        return Error{Code::LIMIT, fmt::format("{} needs {} bytes of memory, more than a process has", what, count)};
    MOS_TRY(counted.m_claim, MemoryClaim::create(memory, count, what));
    counted.m_bytes.resize(static_cast<std::size_t>(count));
    return counted;
}

}  // namespace mos::delta
