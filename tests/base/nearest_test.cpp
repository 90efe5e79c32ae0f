#include <mos/base/nearest.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>

using mos::base::nearest_word;

TEST_CASE("the word with the fewest letters to change is meant, and none that is far") {
    constexpr std::array<std::string_view, 3> words = {"depends", "recommends", "suggests"};
    CHECK(nearest_word(words, "dependz") == "depends");
    CHECK(nearest_word(words, "depend") == "depends");
    CHECK(nearest_word(words, "reccomends") == "recommends");
    CHECK(nearest_word(words, "depends") == "depends");
    CHECK(nearest_word(words, "entirely_different") == "");
    CHECK(nearest_word(words, "") == "");
    CHECK(nearest_word({}, "depends") == "");
    CHECK(nearest_word(words, std::string(10'000, 'd')) == "");
}
