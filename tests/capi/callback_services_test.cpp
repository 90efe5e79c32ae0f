// The service manager over the embedder's callback.
#include "callback_services.hpp"

#include "expect.hpp"

#include <string>
#include <vector>

using mos::Code;
using mos::capi::CallbackServices;
using mos::install::ServiceAction;
using mos::test::must;
using mos::test::refusal;

namespace {

struct Embedder {
    int answer = 0;
    std::vector<std::string> asked;

    static int act(void *data, const char *unit, mos_service_action action) {
        auto *const self = static_cast<Embedder *>(data);
        self->asked.push_back(std::to_string(action) + " " + unit);
        return self->answer;
    }
};

CallbackServices services_of(Embedder &embedder) {
    return CallbackServices{&Embedder::act, std::shared_ptr<void>{&embedder, [](void *) {}}};
}

}  // namespace

TEST_CASE("the callback gets each action with its unit") {
    Embedder embedder;
    CallbackServices services = services_of(embedder);
    CHECK(services.is_running_system());
    must(services.act(ServiceAction::stop, "web.service"));
    must(services.act(ServiceAction::start, "web.service"));
    must(services.act(ServiceAction::restart, "web.service"));
    must(services.act(ServiceAction::reload, "web.service"));
    must(services.act(ServiceAction::reload_manager, ""));
    CHECK(embedder.asked ==
          std::vector<std::string>{"0 web.service", "1 web.service", "2 web.service", "3 web.service", "4 "});
}

TEST_CASE("a wrong name never reaches the callback") {
    Embedder embedder;
    CallbackServices services = services_of(embedder);
    CHECK(refusal(services.act(ServiceAction::stop, "../web.service")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(services.is_active("web")) == Code::INVALID_ARGUMENT);
    CHECK(embedder.asked.empty());
}

TEST_CASE("what the callback answers is in the error") {
    Embedder embedder{.answer = -7, .asked = {}};
    CallbackServices services = services_of(embedder);
    const auto result = services.act(ServiceAction::restart, "web.service");
    CHECK(refusal(result) == Code::SERVICE_FAILED);
    CHECK(result.error().message() == "can't restart 'web.service': the program's callback answered -7");
    CHECK(result.error().object() == "web.service");
    CHECK(refusal(services.is_active("web.service")) == Code::SERVICE_FAILED);
}

TEST_CASE("the callback says whether a unit runs") {
    Embedder embedder{.answer = 1, .asked = {}};
    CallbackServices services = services_of(embedder);
    CHECK(must(services.is_active("web.service")));
    embedder.answer = 0;
    CHECK_FALSE(must(services.is_active("web.service")));
    embedder.answer = 2;
    CHECK(refusal(services.is_active("web.service")) == Code::SERVICE_FAILED);
    CHECK(embedder.asked.front() == "5 web.service");
}
