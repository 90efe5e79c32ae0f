#include "guard.hpp"

namespace {

// The embedder's clock; steps between its calls are the system's, which never go back.
class CallbackClock final : public mos::base::Clock {
  public:
    CallbackClock(mos_clock_callback callback, std::shared_ptr<void> owner)
        : m_callback(callback), m_owner(std::move(owner)) {}
    [[nodiscard]] std::int64_t now_unix_s() const override { return m_callback(m_owner.get()); }
    [[nodiscard]] std::int64_t monotonic_ms() const override { return mos::base::system_clock().monotonic_ms(); }
    [[nodiscard]] std::string boot_id() const override { return mos::base::system_clock().boot_id(); }

  private:
    mos_clock_callback m_callback;
    std::shared_ptr<void> m_owner;
};

// A callback's data, freed exactly once, also when memory runs out before anybody else could own them.
class CallbackData {
  public:
    CallbackData(void *data, mos_destroy_callback destroy) noexcept : m_data(data), m_destroy(destroy) {}
    CallbackData(const CallbackData &) = delete;
    CallbackData &operator=(const CallbackData &) = delete;
    ~CallbackData() {
        if (m_destroy != nullptr)
            m_destroy(m_data);
    }
    // A shared_ptr that can't be made destroys what it was to own, so the data are its from here on.
    [[nodiscard]] std::shared_ptr<void> share() {
        return {m_data, [destroy = std::exchange(m_destroy, nullptr)](void *data) {
                    if (destroy != nullptr)
                        destroy(data);
                }};
    }

  private:
    void *m_data;
    mos_destroy_callback m_destroy;
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
        MOS_CHECK(check_output(context));
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
