#include "callback_services.hpp"

#include "callback_data.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <string>

namespace mos::capi {

// The values of both sides are the same; here they are held together.
static_assert(MOS_SERVICE_STOP == static_cast<int>(install::ServiceAction::stop));
static_assert(MOS_SERVICE_START == static_cast<int>(install::ServiceAction::start));
static_assert(MOS_SERVICE_RESTART == static_cast<int>(install::ServiceAction::restart));
static_assert(MOS_SERVICE_RELOAD == static_cast<int>(install::ServiceAction::reload));
static_assert(MOS_SERVICE_RELOAD_MANAGER == static_cast<int>(install::ServiceAction::reload_manager));

static Error failure(std::string_view what, const std::string &unit, int value) {
    const std::string object = unit.empty() ? "the service manager" : base::in_quotes(unit);
    return Error{Code::SERVICE_FAILED,
                 fmt::format("can't {} {}: the program's callback answered {}", what, object, value)}
        .about(unit);
}

Result<void> CallbackServices::act(install::ServiceAction action, std::string_view unit) {
    const std::string name{unit};
    if (action != install::ServiceAction::reload_manager)
        MOS_CHECK(install::check_unit_name(unit));
    MOS_TRY(const int value, answer_of("service_action", Code::SERVICE_FAILED, [&] {
                return m_callback(m_owner.get(), name.c_str(), static_cast<mos_service_action>(action));
            }));
    if (value != 0)
        return failure(install::service_action_name(action), name, value);
    return {};
}

Result<bool> CallbackServices::is_active(std::string_view unit) {
    MOS_CHECK(install::check_unit_name(unit));
    const std::string name{unit};
    MOS_TRY(const int value, answer_of("service_action", Code::SERVICE_FAILED,
                                       [&] { return m_callback(m_owner.get(), name.c_str(), MOS_SERVICE_QUERY); }));
    if (value != 0 && value != 1)
        return failure("find out about", name, value);
    return value == 1;
}

}  // namespace mos::capi
