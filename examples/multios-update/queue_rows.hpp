// Entries of the queue as the tool shows them.
#pragma once

#include "frame/change.hpp"
#include "frame/listing.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace update_tool {

struct QueueRow {
    std::uint64_t id = 0;
    mos_priority priority = MOS_PRIORITY_DEFAULT;
    std::string name, state, verdict, rule, sentence, reason, submitted_by, conditions, approval, recovery_point;
    nlohmann::ordered_json packages;  // as the library tells them
    std::int64_t submitted_s = 0;
    std::int64_t at_s = -1;  // these are -1 where there is no such time
    std::int64_t start_s = -1;
    std::int64_t deadline_s = -1;
    std::int64_t retry_s = -1;
    std::int64_t ended_s = -1;
    std::int64_t attempts = 0;
    std::string notices;  // what users are told of it, and when
    std::int64_t notice_s = -1;
};

struct QueueNote {
    std::int64_t time_s = 0;
    std::string action, actor, reason;
};

// "critical" to "low"; what a choice of them is made of.
inline constexpr std::string_view priority_words = "critical|security|important|optional|low";
[[nodiscard]] std::string_view priority_name(mos_priority priority) noexcept;
// Of the option; MOS_PRIORITY_DEFAULT where it is not given.
[[nodiscard]] mos_priority priority_of(const frame::Session &session);

// "tool 2.1, lib 1".
[[nodiscard]] std::string packages_text(const QueueRow &row);

[[nodiscard]] const frame::Columns<QueueRow> &queue_columns();

[[nodiscard]] frame::Result<std::vector<QueueRow>> read_queue(const frame::Session &session,
                                                              const frame::Engine &engine, const char *states);

struct Explained {
    QueueRow row;
    std::vector<QueueNote> notes;
};
[[nodiscard]] frame::Result<Explained> explain(const frame::Session &session, const frame::Engine &engine,
                                               std::uint64_t id);

// The number of "update-12" or "12". A wrong one is a usage failure.
[[nodiscard]] frame::Result<std::uint64_t> entry_id(const std::string &text);
[[nodiscard]] frame::Option update_id_option();
[[nodiscard]] frame::Option reason_option();

// Tells one entry as it is now, after something was done with it: "scheduled  update-12 (tool 2.1): waits until …".
[[nodiscard]] frame::Result<frame::ExitCode> put_entry(const frame::Session &session, const frame::Engine &engine,
                                                       std::uint64_t id, std::string_view done);

}  // namespace update_tool
