#include <curl/curl.h>

#include "tools/sink/delivery.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxAnswerBytes = 64 * 1024;
constexpr long kConnectMs = 3000;
constexpr long kAnswerMs = 10'000;

size_t KeepAnswer(char* bytes, size_t, size_t count, void* into) {
  auto* answer = static_cast<std::string*>(into);
  if (answer->size() + count <= kMaxAnswerBytes) answer->append(bytes, count);
  return count;
}

int AskWhetherToGoOn(void* may_go_on, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<const std::function<bool()>*>(may_go_on))() ? 0 : 1;
}

class OtlpDelivery : public Delivery {
 public:
  OtlpDelivery(std::string url, OtlpResource resource)
      : url_(std::move(url)), resource_(std::move(resource)), curl_(curl_easy_init()) {
    headers_ = curl_slist_append(headers_, "Content-Type: application/json");
    // Without it curl waits a second for a 100 Continue that few collectors send.
    headers_ = curl_slist_append(headers_, "Expect:");
    if (curl_ == nullptr) return;
    curl_easy_setopt(curl_, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl_, CURLOPT_PROXY, "");
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_USERAGENT, "safe-trace");
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, kAnswerMs);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, KeepAnswer);
    curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, AskWhetherToGoOn);
    curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
  }
  ~OtlpDelivery() override {
    curl_easy_cleanup(curl_);
    curl_slist_free_all(headers_);
  }
  OtlpDelivery(const OtlpDelivery&) = delete;
  OtlpDelivery& operator=(const OtlpDelivery&) = delete;

  Delivered Send(const std::vector<EventQueue::Event>& batch,
                 const std::function<bool()>& may_go_on) override {
    if (curl_ == nullptr) return {Delivered::Kind::kRejected, 0, "no memory for libcurl"};
    const std::string request = OtlpRequest(batch, resource_);
    std::string answer;
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.data());
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, &may_go_on);
    const CURLcode code = curl_easy_perform(curl_);
    if (code != CURLE_OK) return {Delivered::Kind::kRetry, 0, curl_easy_strerror(code)};
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return {Delivered::Kind::kDone, RejectedOf(answer), ""};
    // The specification names these, and no others, as worth another try.
    const bool is_retryable = status == 429 || status == 502 || status == 503 || status == 504;
    return {is_retryable ? Delivered::Kind::kRetry : Delivered::Kind::kRejected, 0,
            "HTTP status " + std::to_string(status)};
  }

 private:
  const std::string url_;
  const OtlpResource resource_;
  CURL* curl_;
  curl_slist* headers_ = nullptr;
};

}  // namespace

std::unique_ptr<Delivery> MakeOtlpDelivery(std::string url, OtlpResource resource) {
  return std::make_unique<OtlpDelivery>(std::move(url), std::move(resource));
}

}  // namespace safe_trace
