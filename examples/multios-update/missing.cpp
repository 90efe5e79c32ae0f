#include "commands.hpp"

namespace update_tool {

// A group's first word answers for all its commands.
std::vector<frame::MissingCommand> missing_commands() {
    constexpr std::string_view analysis = "this build has no security analysis";
    constexpr std::string_view observation =
        "this build has no monitoring and no reports; see 'multios-update events' and "
        "'multios-update history'";
    constexpr std::string_view fleet = "this build updates one machine only";
    constexpr std::string_view repositories = "this build has no repositories and no network";
    constexpr std::string_view disaster =
        "this build plans and rehearses nothing; see 'multios-update recovery --help' "
        "and 'multios-update emergency --help'";
    return {
        {"analyze-security", analysis},
        {"check-vulnerabilities", analysis},
        {"calculate-safety-score", analysis},
        {"config deploy", fleet},
        {"cache", repositories},
        {"logs", observation},
        {"policy deploy", fleet},
        {"monitoring", observation},
        {"monitor", observation},
        {"performance", observation},
        {"resource", observation},
        {"resources", observation},
        {"cluster", fleet},
        {"ha", fleet},
        {"compliance", observation},
        {"audit", observation},
        {"troubleshoot", observation},
        {"system health-check",
         "this build has no repositories to ask; see 'multios-update system verify --comprehensive' "
         "and 'multios-update doctor'"},
        {"debug", "this build has it as the option --debug of every command"},
        {"services", fleet},
        {"repository", repositories},
        {"bandwidth", repositories},
        {"change", "this build has no change management; see 'multios-update schedule --help'"},
        {"disaster-recovery", disaster},
    };
}

}  // namespace update_tool
