// The units of systemd by which a machine runs its scheduler.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/failure.hpp"
#include "frame/terminal.hpp"

#include <filesystem>
#include <string>

using namespace frame;

namespace update_tool {

namespace {

// Of a root that is to boot by itself, the tool in it; of this machine, this one.
std::string program_of(const Values &values) {
    std::error_code failed;
    const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", failed);
    return values.text_or("program", values.has("root") || failed ? "/usr/bin/multios-update" : own.string());
}

std::int32_t append(void *text, const void *bytes, std::size_t size) {
    static_cast<std::string *>(text)->append(static_cast<const char *>(bytes), size);
    return 0;
}

Result<ExitCode> show_unit(Session &session) {
    const bool is_timer = session.values.operands().front() == "timer";
    const std::string program = program_of(session.values);
    FRAME_TRY(const Engine engine, open_engine(session));
    std::string text;
    FRAME_CHECK(check([&](auto error) {
        return mos_schedule_systemd_unit(engine.get(), is_timer ? MOS_SYSTEMD_TIMER : MOS_SYSTEMD_SERVICE,
                                         program.c_str(), append, &text, error);
    }));
    if (session.json())
        put_json({{"name", is_timer ? "multios-update.timer" : "multios-update.service"}, {"text", text}});
    else
        put_raw(Stream::out, text);
    return ExitCode::done;
}

}  // namespace

Command schedule_unit_command() {
    return {
        "schedule unit",
        "print a unit of systemd: the timer follows the scheduling policy, the service runs what is due",
        "multios-update schedule unit timer > /etc/systemd/system/multios-update.timer",
        Effect::reads,
        show_unit,
        {"service|timer", 1, 1},
        {root_option(),
         text("program", "FILE", "of the service: the path of multios-update; this one, or /usr/bin's with --root")},
    };
}

}  // namespace update_tool
