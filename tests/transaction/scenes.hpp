// The trees that the fault run and the tests of the transaction move between.
#pragma once

#include "change.hpp"

namespace mos::test {

// What is there before anything is installed, and belongs to somebody else: every transaction must leave it alone.
[[nodiscard]] TreeImage bare_tree();
// A first release on it.
[[nodiscard]] TreeImage first_release();
// A second one: between the two lies every kind of operation, also where bytes sort unlike path components.
[[nodiscard]] TreeImage second_release();
// The same on a root of several volumes, whose tops are those of volume_tops() and "var": every kind of operation on
// each of them.
[[nodiscard]] std::vector<std::string> volume_tops();
[[nodiscard]] TreeImage bare_on_volumes();
[[nodiscard]] TreeImage first_on_volumes();
[[nodiscard]] TreeImage second_on_volumes();
// One more small step after any of them: for the update that must still work when a crash was recovered from.
[[nodiscard]] TreeImage with_one_more(TreeImage image);

}  // namespace mos::test
