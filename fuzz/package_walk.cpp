#include "package_walk.hpp"

#include "target.hpp"

#include <mos/base/path.hpp>
#include <mos/package/index_line.hpp>
#include <mos/package/package_file.hpp>

#include <string>

namespace mos::fuzz {

namespace {

constexpr std::uint64_t small_content_bytes = 64U << 10U;
constexpr unsigned most_contents = 64;  // entries may all share one

struct Walk {
    std::string trace;  // all that was read and refused, one thing a line
    unsigned refusals = 0;

    void refuse(const Error &error) {
        trace += error.full_message() + "\n";
        ++refusals;
    }
};

void read_content(Walk &walk, package::Package &package, const package::Entry &entry) {
    crypto::Sha256 hasher;
    std::uint64_t size = 0;
    const auto read = package.read_content(entry, [&](base::ByteView part) -> Result<void> {
        hasher.update(part);
        size += part.size();
        return {};
    });
    if (!read)
        return walk.refuse(read.error());
    hold(size == entry.size, "content is as long as its entry says");
    const auto digest = hasher.finish();
    hold(size == 0 || digest == entry.sha256, "content is what its entry says");
    walk.trace += base::to_hex(digest) + "\n";
}

void check_entry(const package::Entry &entry) {
    hold(base::check_entry_path(entry.path).ok(), "the path of an accepted entry stays beneath the root");
    if (const auto installed = package::installed_path(entry))
        hold(base::check_entry_path(*installed).ok(), "the installed path of an entry stays beneath the root");
}

// Whether the package alone has the entry's content.
bool is_held(const package::Entry &entry) {
    return entry.origin == package::Origin::stored || entry.origin == package::Origin::derived;
}

void walk_entries(Walk &walk, package::Package &package) {
    auto cursor = package.entries();
    if (!cursor)
        return walk.refuse(cursor.error());
    for (unsigned contents = 0;;) {
        const auto entry = cursor->next();
        if (!entry)
            return walk.refuse(entry.error());
        if (!*entry)
            return;
        check_entry(**entry);
        walk.trace += package::write_entry_line(**entry) + "\n";
        if ((*entry)->type == package::EntryType::regular && is_held(**entry) &&
            (*entry)->size <= small_content_bytes && contents++ < most_contents)
            read_content(walk, package, **entry);
    }
}

Walk walk(package::Package &package) {
    Walk walk;
    if (const auto manifest = package.manifest())
        walk.trace = package::write_manifest(*manifest);
    else
        walk.refuse(manifest.error());
    walk_entries(walk, package);
    return walk;
}

}  // namespace

void walk_package(base::Bytes bytes) {
    auto file = package::PackageFile::open(base::make_memory_source(std::move(bytes), "input"));
    if (!file)
        return;
    auto package = std::move(*file).accept_unverified();
    if (!package)
        return;
    const Walk first = walk(*package);
    const Walk second = walk(*package);
    hold(first.trace == second.trace, "a second walk reads the same");
    const auto verified = package->verify_content(base::silent_observer());
    hold(!verified || first.refusals == 0, "of a package whose content verifies all can be read");
    hold(walk(*package).trace == first.trace, "a walk after a verification reads the same");
}

}  // namespace mos::fuzz
