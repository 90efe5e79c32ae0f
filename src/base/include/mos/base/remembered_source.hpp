// A source whose bytes are dear to get, such as one behind a network.
#pragma once

#include <mos/base/source.hpp>

#include <map>
#include <optional>

namespace mos::base {

// Keeps what was read, the first `most_bytes` of it, so that nothing of that is read from `source` twice.
class RememberedSource final : public Source {
  public:
    RememberedSource(std::unique_ptr<Source> source, std::size_t most_bytes)
        : m_source(std::move(source)), m_most_bytes(most_bytes) {}

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override;
    [[nodiscard]] Result<std::uint64_t> size() override { return m_source->size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_source->name(); }

  private:
    // Of one piece that was read, if it holds all of this.
    [[nodiscard]] std::optional<ByteView> find(std::uint64_t offset, std::size_t size) const;

    void remember(std::uint64_t offset, ByteView bytes);

    std::unique_ptr<Source> m_source;
    std::size_t m_most_bytes;
    std::size_t m_kept_bytes = 0;
    std::map<std::uint64_t, Bytes> m_pieces;  // by where they begin
};

}  // namespace mos::base
