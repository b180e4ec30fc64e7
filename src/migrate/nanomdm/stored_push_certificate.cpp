// The pair, read as an upload would be.
#include "migrate/nanomdm/stored_push_certificate.hpp"

#include "crypto/push_certificate.hpp"
#include "nanomdm/error.hpp"

namespace nanomdm::migrate {

void give_push_certificate(const std::string& topic, const std::optional<StoredFile>& certificate,
                           const std::optional<StoredFile>& key, ImportSink& sink) {
    const bool has_topics_name = topic.starts_with("com.apple.mgmt.");
    const auto lose = [&sink, &topic](const std::string& why) {
        sink.skip({ImportKind::push_certificate, topic, why, true});
    };
    if (!certificate || !key) {
        if (has_topics_name) lose(certificate ? "its private key is not there" : "it is not there");
        return;
    }
    try {
        auto parsed = parse_push_certificate(certificate->bytes + "\n" + key->bytes);
        if (parsed.certificate.topic.str() == topic)
            sink.take(std::move(parsed.certificate));
        else
            lose("it is of another topic than its name says");
    } catch (const Error& error) {
        if (error.code() != Errc::invalid) throw;
        lose(error.what());
    }
}

} // namespace nanomdm::migrate
