// The cap on memory that a caller sets: what would go beyond it is refused before it is taken.
#pragma once

#include <mos/base/bytes.hpp>

#include <cstdint>
#include <mutex>
#include <string_view>

namespace mos::delta {

// Counts what is in use, by any thread.
class MemoryBudget {
  public:
    explicit MemoryBudget(std::uint64_t limit) noexcept : m_limit(limit) {}
    MemoryBudget(const MemoryBudget &) = delete;
    MemoryBudget &operator=(const MemoryBudget &) = delete;

    // LIMIT when it would be too much; `what` completes "… needs 5 bytes of memory".
    [[nodiscard]] Result<void> take(std::uint64_t bytes, std::string_view what);
    void give_back(std::uint64_t bytes) noexcept;

    // For C libraries with hooks. nullptr when it would be too much, or when there is no memory.
    [[nodiscard]] void *allocate(std::size_t bytes) noexcept;
    void release(void *address) noexcept;  // accepts nullptr

    [[nodiscard]] std::uint64_t peak() const noexcept;
    [[nodiscard]] std::uint64_t left() const noexcept;

    // Why an allocation by the hooks has failed: LIMIT, or OUT_OF_MEMORY where the budget had no part in it.
    [[nodiscard]] Error refusal(std::string_view what) const;

  private:
    [[nodiscard]] bool reserve(std::uint64_t bytes) noexcept;

    std::uint64_t m_limit;
    mutable std::mutex m_mutex;  // of what follows
    std::uint64_t m_used = 0;
    std::uint64_t m_peak = 0;
    std::uint64_t m_refused = 0;  // what was asked for in vain, last
};

// Memory that is counted and that somebody else holds.
class MemoryClaim {
  public:
    MemoryClaim() = default;
    [[nodiscard]] static Result<MemoryClaim> create(MemoryBudget &memory, std::uint64_t bytes, std::string_view what);
    MemoryClaim(MemoryClaim &&other) noexcept;
    MemoryClaim &operator=(MemoryClaim &&other) noexcept;
    ~MemoryClaim();

  private:
    MemoryBudget *m_memory = nullptr;
    std::uint64_t m_bytes = 0;
};

// Bytes that are counted.
class CountedBytes {
  public:
    CountedBytes() = default;
    [[nodiscard]] static Result<CountedBytes> create(MemoryBudget &memory, std::uint64_t count, std::string_view what);
    [[nodiscard]] base::MutableByteView view() noexcept { return m_bytes; }
    [[nodiscard]] base::ByteView view() const noexcept { return m_bytes; }
    [[nodiscard]] std::byte *data() noexcept { return m_bytes.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return m_bytes.size(); }

  private:
    MemoryClaim m_claim;
    base::Bytes m_bytes;
};

}  // namespace mos::delta
