// The two ends of a patch whose files have compressed members: the base as it is read, and the result as it is written.
#pragma once

#include "codecs.hpp"
#include "member_codec.hpp"

namespace mos::delta {

// The base with its members expanded, each when it is first read; then it stays.
class BaseView {
  public:
    BaseView(const ApplyJob &job, MemberList list)
        : m_job(&job), m_list(std::move(list)), m_plain(m_list.members.size()) {}
    BaseView(const BaseView &) = delete;
    BaseView &operator=(const BaseView &) = delete;

    [[nodiscard]] std::uint64_t size() const noexcept { return m_list.view_bytes; }
    // All of it lies within the view.
    [[nodiscard]] Result<void> read(std::uint64_t at, base::MutableByteView out);

  private:
    [[nodiscard]] Result<std::size_t> read_some(std::uint64_t at, base::MutableByteView out);
    [[nodiscard]] Result<void> expand_member(std::size_t index);

    const ApplyJob *m_job;
    MemberList m_list;
    std::vector<CountedBytes> m_plain;
};

// Takes the view of the result in order, and writes the result.
class ResultView {
  public:
    ResultView(const ApplyJob &job, MemberList list)
        : m_job(&job), m_list(std::move(list)), m_recompressor(job.memory) {}
    ResultView(const ResultView &) = delete;
    ResultView &operator=(const ResultView &) = delete;

    [[nodiscard]] std::uint64_t left() const noexcept { return m_list.view_bytes - m_at; }
    // At most what is left.
    [[nodiscard]] Result<void> write(base::ByteView bytes);

  private:
    [[nodiscard]] Result<std::size_t> write_some(base::ByteView bytes);
    [[nodiscard]] Result<void> begin(const Member &member);
    [[nodiscard]] Result<void> end(const Member &member);
    [[nodiscard]] Result<void> take_compressed(base::ByteView bytes);

    const ApplyJob *m_job;
    MemberList m_list;
    Recompressor m_recompressor;
    base::ByteSink m_sink = [this](base::ByteView bytes) { return take_compressed(bytes); };
    std::uint64_t m_at = 0;          // in the view
    std::size_t m_next = 0;          // the member that comes next, or is at work
    std::uint64_t m_compressed = 0;  // bytes of it, and their checksum
    std::uint32_t m_crc32 = 0;
    std::uint64_t m_checked = 0;  // where the view was when cancelling was asked for last
};

}  // namespace mos::delta
