// The commands of the memory run, and the root on which they run.
#pragma once

#include "capi_bench.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mos::test::capi {

// MOS_OK, or the run ends: between two commands memory is there.
void must_have_memory(int code, mos_error *error);

// The root of the bench, with packages "app": two versions with a file, and a third with a template besides, whose
// value is given at its installation.
struct Rig {
    Rig();

    // As a new process does: opens the root, and recovers.
    void restart();
    [[nodiscard]] std::uint32_t recover() const;
    // "" when it is not installed.
    [[nodiscard]] std::string version() const;
    void roll_back() const;
    void remove() const;

    Bench bench;
    // All that a command names, since memory for it may not be there.
    std::string old_package;
    std::string new_package;
    std::string configured_package;
    std::string values;
    std::string input;
    std::string scripts;
    std::string templates;
    std::string created;  // where `create` puts what it makes
    std::string created_bytes;
};

using Outcome = std::pair<int, ErrorHandle>;
enum class Ended : std::uint8_t { successfully, in_vain };

struct Command {
    std::string_view name;
    std::string_view before;  // the version that is installed
    std::string_view after;
    Outcome (*run)(const Rig &rig);
    // What is wrong with what it left beside the database and app/file; "" when nothing is.
    std::string (*look)(const Rig &rig, Ended ended) = nullptr;
};

[[nodiscard]] std::span<const Command> memory_commands();

}  // namespace mos::test::capi
