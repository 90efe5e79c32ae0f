#include "callback_data.hpp"
#include "guard.hpp"

namespace {

// The embedder's clock; steps between its calls are the system's, which never go back.
class CallbackClock final : public mos::base::Clock {
  public:
    CallbackClock(mos_clock_callback callback, std::shared_ptr<void> owner)
        : m_callback(callback), m_owner(std::move(owner)) {}
    [[nodiscard]] std::int64_t now_unix_s() const override {
        const auto answered =
            mos::capi::answer_of("clock", mos::Code::INTERNAL, [this] { return m_callback(m_owner.get()); });
        return answered ? *answered : mos::base::system_clock().now_unix_s();
    }
    [[nodiscard]] std::int64_t monotonic_ms() const override { return mos::base::system_clock().monotonic_ms(); }
    [[nodiscard]] std::string boot_id() const override { return mos::base::system_clock().boot_id(); }

  private:
    mos_clock_callback m_callback;
    std::shared_ptr<void> m_owner;
};

}  // namespace

const char *mos_version(void) { return MOS_VERSION; }

int mos_context_create(const mos_context_options *options, mos_context **context, mos_error **error) {
    using namespace mos::capi;
    return guard(error, [&]() -> mos::Result<void> {
        // First, so that the callbacks' data are freed whatever comes.
        const mos_context_options known = known_options(options);
        CallbackData log_data{known.log_user_data, known.log_destroy};
        CallbackData clock_data{known.clock_user_data, known.clock_destroy};
        MOS_CHECK_OUTPUT(context);
        MOS_TRY(const mos_context_options given, read_options(options));
        auto made = std::make_shared<Context>();
        made->log = given.log;
        made->log_owner = log_data.share();
        if (given.clock != nullptr)
            made->clock = std::make_shared<CallbackClock>(given.clock, clock_data.share());
        else
            made->clock = std::shared_ptr<const mos::base::Clock>{&mos::base::system_clock(), [](const auto *) {}};
        auto handle = std::make_unique<mos_context>();
        handle->context = std::move(made);
        *context = handle.release();
        return {};
    });
}

void mos_context_free(mos_context *context) {
    if (mos::capi::is_live(context))
        delete context;
}
