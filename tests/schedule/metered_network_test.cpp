#include <mos/schedule/metered_network.hpp>

#include <doctest/doctest.h>

using mos::schedule::parse_metered;

TEST_CASE("NetworkManager's guesses count as answers, and what it does not know is not known") {
    CHECK(parse_metered("u 1\n") == true);
    CHECK(parse_metered("u 2\n") == false);
    CHECK(parse_metered("u 3\n") == true);
    CHECK(parse_metered("u 4\n") == false);
    CHECK_FALSE(parse_metered("u 0\n"));
}

TEST_CASE("what is no answer of NetworkManager says nothing of the network") {
    for (const char *text : {"", "u", "u 5", "u -1", "s \"1\"", "Failed to get property Metered", "\nu 1"})
        CHECK_FALSE(parse_metered(text));
}
