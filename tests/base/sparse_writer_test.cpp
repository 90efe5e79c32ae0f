#include <mos/base/sparse_writer.hpp>

#include "expect.hpp"
#include "twin.hpp"

using namespace mos::test;
using mos::base::as_bytes;

namespace {

// Writes `content` in pieces of `piece` bytes and gives back what then stands in the file.
std::string written(const std::string &content, std::size_t piece) {
    const Twin twin;
    const auto root = twin.root();
    const auto file = must(root->open_file("f", mos::base::OpenMode::create_new));
    mos::base::SparseWriter writer{*file};
    for (std::size_t at = 0; at < content.size(); at += piece)
        must(writer.write(as_bytes(std::string_view{content}.substr(at, piece))));
    must(writer.finish());
    CHECK(writer.length() == content.size());
    const auto bytes = must(mos::base::read_file(*root, "f", 1U << 20U));
    return std::string{mos::base::as_text(bytes)};
}

}  // namespace

TEST_CASE("what is written sparsely reads as what was given, however it is cut") {
    const std::string zeros(4096, '\0');
    const std::string data(4096, 'd');
    const std::string contents[] = {"",
                                    "x",
                                    std::string(1, '\0'),
                                    zeros,
                                    data,
                                    zeros + data,
                                    data + zeros,
                                    data + zeros + data,
                                    zeros + zeros + "end",
                                    data + zeros + std::string(100, '\0'),
                                    "begin" + zeros + zeros};
    for (const std::string &content : contents) {
        for (const std::size_t piece :
             {std::size_t{1}, std::size_t{100}, std::size_t{4096}, std::size_t{5000}, std::size_t{1U << 20U}})
            CHECK(written(content, piece) == content);
    }
}
