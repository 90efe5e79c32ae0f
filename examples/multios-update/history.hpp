// What happened to a root, read whole.
#pragma once

#include "frame/change.hpp"

#include <nlohmann/json.hpp>

namespace update_tool {

struct Record {
    mos_transaction_state state = 0;
    std::string recovery_point, summary, reason;
    std::int64_t time_unix_s = 0;
    std::uint64_t changed_paths = 0;
    bool in_effect = false, can_roll_back = false;
    mos_went_back went_back = 0;
    std::string cause, takes_back;
};

// The newest `limit` transactions, newest first.
[[nodiscard]] frame::Result<std::vector<Record>> read_history(const frame::Engine &engine, std::int64_t limit);

// "done", "undone", "taken back", …: its state together with what stands now.
[[nodiscard]] std::string standing(const Record &record);

[[nodiscard]] nlohmann::ordered_json to_json(const Record &record);

}  // namespace update_tool
