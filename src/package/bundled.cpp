#include <mos/package/bundled.hpp>

#include "package_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

class BundledSource final : public base::Source {
  public:
    BundledSource(std::shared_ptr<Package> carrier, const Entry &entry, std::uint64_t begin)
        : m_carrier(std::move(carrier)), m_name(fmt::format("{}: {}", m_carrier->name(), entry.path)), m_begin(begin),
          m_size(entry.size) {}

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override {
        if (offset >= m_size || out.empty())
            return std::size_t{0};
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), m_size - offset));
        PackageState &state = *m_carrier->m_state;
        MOS_TRY(const Extent from, state.locate(m_begin + offset));
        std::size_t done = 0;
        MOS_CHECK(state.read_plain(from, count, [&](base::ByteView part) -> Result<void> {
            std::ranges::copy(part, out.begin() + static_cast<std::ptrdiff_t>(done));
            done += part.size();
            return {};
        }));
        return done;
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_size; }
    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }

    // Where the entry's content begins in the carrier's plain payload.
    [[nodiscard]] static Result<std::uint64_t> begin_of(Package &carrier, const Entry &entry) {
        const PackageState &state = *carrier.m_state;
        MOS_CHECK(state.check_extent(entry));
        return entry.size == 0 ? 0 : state.frames[entry.extent.first_frame].plain_offset + entry.extent.offset;
    }

  private:
    std::shared_ptr<Package> m_carrier;
    std::string m_name;
    std::uint64_t m_begin;
    std::uint64_t m_size;
};

bool has_package_ending(std::string_view name) noexcept { return name.ends_with(".mos") || name.ends_with(".multos"); }

bool is_bundled_package(const Entry &entry) noexcept {
    return section_of(entry.path) == Section::dependencies && entry.type == EntryType::regular &&
           has_package_ending(entry.path);
}

Result<std::unique_ptr<base::Source>> open_bundled(std::shared_ptr<Package> carrier, const Entry &entry) {
    MOS_TRY(const std::uint64_t begin, BundledSource::begin_of(*carrier, entry));
    return std::unique_ptr<base::Source>{std::make_unique<BundledSource>(std::move(carrier), entry, begin)};
}

}  // namespace mos::package
