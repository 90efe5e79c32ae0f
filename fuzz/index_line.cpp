// The lines of the index: each thing has one spelling, so what is accepted is written again byte for byte.
#include "target.hpp"

#include <mos/base/path.hpp>
#include <mos/package/index_line.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const std::string_view line = base::as_text(fuzz::input(data, size));
    if (const auto frame = package::parse_frame_line(line))
        fuzz::hold(package::write_frame_line(*frame) == line, "a frame has one spelling");
    if (const auto file = package::parse_base_line(line, {})) {
        fuzz::hold(package::write_base_line(*file) == line, "a base file has one spelling");
        fuzz::hold(base::check_entry_path(file->path).ok(), "the path of an accepted base file stays beneath the root");
    }
    const auto entry = package::parse_entry_line(line);
    if (!entry)
        return 0;
    fuzz::hold(package::write_entry_line(*entry) == line, "an entry has one spelling");
    for (const auto kind : {package::PackageKind::full, package::PackageKind::delta}) {
        if (!package::check_entry(*entry, kind, {}))
            continue;
        fuzz::hold(base::check_entry_path(entry->path).ok(), "the path of an accepted entry stays beneath the root");
        fuzz::hold(package::section_of(entry->path).has_value(), "an accepted entry belongs to a section");
    }
    return 0;
}
