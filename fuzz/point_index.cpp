// The index of a captured point, on a disk in memory: as it is, and once more with the last line that makes it whole,
// since mutations seldom count right.
#include "target.hpp"

#include "point_index.hpp"
#include "twin.hpp"

#include <mos/base/path.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace mos;
using namespace mos::snapshot;

struct Index {
    IndexHead head;
    std::vector<IndexReader::Entry> entries;
};

Result<Index> read(base::Directory &folder) {
    MOS_TRY(IndexReader reader, IndexReader::open(folder));
    Index index{.head = reader.head(), .entries = {}};
    for (;;) {
        MOS_TRY(auto entry, reader.next());
        if (!entry)
            return index;
        index.entries.push_back(std::move(*entry));
    }
}

Index write_and_read(const Index &index) {
    const test::Twin twin;
    const auto folder = twin.root();
    auto writer = fuzz::must(IndexWriter::create(*folder, index.head), "an index is made");
    for (const IndexReader::Entry &entry : index.entries)
        fuzz::must(writer.append(entry.path, entry.past), "an index is written");
    static_cast<void>(fuzz::must(writer.finish(), "an index is finished"));
    return fuzz::must(read(*folder), "an index that was read is read back");
}

bool same(const IndexReader::Entry &a, const IndexReader::Entry &b) {
    const PastEntry &x = a.past;
    const PastEntry &y = b.past;
    return a.path == b.path && x.type == y.type && x.attributes == y.attributes && x.size == y.size &&
           x.link_target == y.link_target && x.file == y.file && x.digest == y.digest && x.unchanged == y.unchanged;
}

void check_trees(const std::vector<std::string> &trees) {
    for (const std::string &tree : trees)
        fuzz::hold(tree.empty() || base::check_entry_path(tree).ok(), "a tree stays beneath the root");
}

void check_entry(const IndexReader::Entry &entry) {
    const PastEntry &past = entry.past;
    fuzz::hold(base::check_entry_path(entry.path).ok(), "a path stays beneath the root");
    fuzz::hold((past.type == base::FileType::regular) == past.digest.has_value(), "each file has a digest");
    fuzz::hold(past.type != base::FileType::symlink ||
                   (!past.link_target.empty() && past.link_target.find('\0') == std::string::npos),
               "a link has a target that can be made");
}

void check(std::string_view text) {
    const test::Twin twin;
    const auto folder = twin.root();
    auto file = fuzz::must(folder->open_file(index_name, base::OpenMode::create_new), "a file is made");
    fuzz::must(file->write_at(0, base::as_bytes(text)), "a file is written");
    const auto index = read(*folder);
    if (!index) {
        fuzz::hold(base::is_clean_text(index.error().message()), "a refusal can be shown");
        return;
    }
    check_trees(index->head.trees);
    check_trees(index->head.excluded);
    for (const IndexReader::Entry &entry : index->entries)
        check_entry(entry);
    const Index again = write_and_read(*index);
    fuzz::hold(again.head.point == index->head.point && again.head.trees == index->head.trees &&
                   again.head.excluded == index->head.excluded,
               "a head is read back as the same");
    fuzz::hold(std::ranges::equal(again.entries, index->entries, same), "an index is read back as the same");
}

std::string counted(std::string text) {
    if (!text.ends_with('\n'))
        text += '\n';
    const auto entries = std::ranges::count(text, '\n') - 1;
    return text + "{\"entries\":" + std::to_string(entries) + "}\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = base::as_text(fuzz::input(data, size));
    check(text);
    check(counted(std::string{text}));
    return 0;
}
