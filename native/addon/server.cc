#include "addon/server.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "addon/attributes.h"
#include "addon/base.h"
#include "addon/budget.h"
#include "addon/json_text.h"
#include "addon/manifest.h"
#include "addon/run_start.h"

enum {
  SPEAK_WITHIN_MS = 5000,    // a peer that has not said all it has to say by then is dropped
  MAX_CONVERSATIONS = 1000,  // without a run; beyond that new ones wait in the backlog
  QUIET_MS = 20,             // after so long without a word a standby is made, though runs are under way
  LONGEST_PAUSE_MS = 10000,  // between two tries to have the turn at the budget
};

Server::Conversation::Conversation(UniqueFd fd, pid_t peer) : socket(std::move(fd)), peer(peer), deadline(now_ms() + SPEAK_WITHIN_MS) { frame_reader_init(&reader, MAX_REQUEST); }

Server::Server(Zygote& zygote, const Parking& parking) : zygote_(zygote), parking_(parking), attributes_(attributesOf(getpid())), census_pause_ms_(QUIET_MS), idle_since_(now_ms()) {
  signals_.reset(zygote_.dispositions_.park());
}

Run Server::serve() {
  footing_.watch(zygote_.dir_, zygote_.key_, zygote_.socket_inode_);
  std::vector<pollfd> watched;
  for (;;) {
    if (closed_ && conversations_.empty()) _exit(0);
    watched.clear();
    watched.push_back({signals_.get(), POLLIN, 0});
    watched.push_back({closed_ || conversations_.size() >= MAX_CONVERSATIONS ? -1 : zygote_.listener_.get(), POLLIN, 0});
    watched.push_back({closed_ ? -1 : footing_.heard(), POLLIN, 0});
    watched.push_back({closed_ ? -1 : zygote_.command_.get(), POLLIN, 0});
    // A client with a run says nothing any more, but may be gone.
    for (const ConversationPtr& conversation : conversations_) watched.push_back({conversation->socket.get(), static_cast<short>(conversation->pid ? 0 : POLLIN), 0});
    const int ready = poll(watched.data(), watched.size(), pollTimeout());
    if (ready < 0) continue;
    if (ready == 0) {
      if (wantsStandby()) forkStandby();
      else if (wantsImage()) forkImageMaker();
      else if (wantsCensus()) takeCensus();
    }
    if (run_) return std::move(*run_);

    if (watched[0].revents) handleSignals();
    const int64_t now = now_ms();
    size_t kept = 0;
    for (size_t i = 0; i + 4 < watched.size(); i++) {
      Conversation& conversation = *conversations_[i];
      bool goes_on = watched[i + 4].revents == 0 || advance(conversation);
      if (run_) return std::move(*run_);
      if (conversation.deadline != NO_DEADLINE && now > conversation.deadline) goes_on = false;
      // A run that reapRuns() has reported leaves no socket behind.
      if (goes_on && conversation.socket.ok()) conversations_[kept++] = std::move(conversations_[i]);
    }
    conversations_.resize(kept);
    if (!conversations_.empty()) idle_since_ = now;
    if (watched[1].revents) acceptAll();
    if (watched[3].revents) close("sandbox-ended");
    if (!closed_ && now - idle_since_ >= parking_.idle_ms) close("idle");
    if (const std::string lost = closed_ ? "" : footing_.whatIsLost(); !lost.empty()) close(lost);
  }
}

void Server::acceptAll() {
  while (conversations_.size() < MAX_CONVERSATIONS) {
    ucred peer;
    UniqueFd socket(runtime_dir_accept(zygote_.listener_.get(), &peer));
    if (socket.ok()) conversations_.push_back(std::make_unique<Conversation>(std::move(socket), peer.pid));
    else if (errno != EPERM) return;
  }
}

bool Server::advance(Conversation& conversation) {
  switch (frame_reader_advance(&conversation.reader, conversation.socket.get())) {
    case FRAME_PARTIAL:
      return true;
    case FRAME_CLOSED:
    case FRAME_BROKEN:
      // A run that has not come to its order yet, and never may, would keep the client's descriptors open. Any other has ended with its client.
      if (conversation.pid > 0) kill(conversation.pid, SIGKILL);
      return false;
    case FRAME_COMPLETE:
      break;
  }
  switch (conversation.reader.header.type) {
    case MESSAGE_REQUEST:
      return !conversation.accepted && !conversation.waiting && handleRequest(conversation);
    case MESSAGE_GO:
      return conversation.accepted && decodeGo(&conversation.reader, conversation.accepted.get()) && handleGo(conversation);
    case MESSAGE_TAKEN:
      // The client is the run, and nothing of ours.
      served_++;
      return false;
    case MESSAGE_WRITTEN:
      image_.learn(decodeHotPages(conversation.reader.payload, conversation.reader.header.length));
      return false;
    case MESSAGE_STATUS:
      return reportStatus(conversation);
    case MESSAGE_STOP:
      close("stopped");
      return false;
    default:
      return false;
  }
}

bool Server::handleRequest(Conversation& conversation) {
  auto request = std::make_unique<RunRequest>();
  if (!decodeRequest(conversation.reader, request.get())) return false;
  frame_reader_reset(&conversation.reader);
  return answer(conversation, std::move(request));
}

bool Server::answer(Conversation& conversation, std::unique_ptr<RunRequest> request) {
  // What waits in a dead zygote's backlog, or comes as it closes.
  if (closed_) return refuse(conversation, "closing"), false;
  if (const std::string file = zygote_.freshness_.findStale(); !file.empty()) {
    // First: the client that hears of it makes the next zygote, and must find the claim free.
    close("stale: " + file);
    return refuse(conversation, "stale: " + file), false;
  }
  if (const std::string question = parking_.questions.unequal(*request); !question.empty()) return refuse(conversation, "question: " + question), false;
  const int image = image_.memory();
  const bool gives_image = request->image != IMAGE_UNWANTED && image_.isReady();
  if (!gives_image && request->image == IMAGE_NEEDED) return awaitImage(conversation, std::move(request));
  if (!gives_image && !mayFork(conversation)) return refuse(conversation, "attributes"), false;
  if (!frame_send(conversation.socket.get(), MESSAGE_ACCEPTED, nullptr, 0, &image, gives_image ? 1 : 0, now_ms())) return false;
  conversation.accepted = std::move(request);
  return true;
}

bool Server::awaitImage(Conversation& conversation, std::unique_ptr<RunRequest> request) {
  if (image_.isWanted()) forkImageMaker();
  if (run_) return false;
  if (image_.maker() == 0) return refuse(conversation, "no-image"), false;
  conversation.waiting = std::move(request);
  return true;
}

void Server::refuse(Conversation& conversation, const std::string& reason) {
  refused_++;
  const std::string text = reason.substr(0, 500);
  frame_send(conversation.socket.get(), MESSAGE_REFUSED, text.c_str(), text.size() + 1, nullptr, 0, now_ms());
}

// Places are empty for a moment while others are being advanced.
ptrdiff_t Server::runs() const {
  return std::count_if(conversations_.begin(), conversations_.end(), [](const ConversationPtr& each) { return each && each->pid != 0; });
}

bool Server::reportStatus(Conversation& conversation) {
  const auto number = [](const char* name, auto value) { return std::string(",\"") + name + "\":" + std::to_string(value); };
  const std::string text = "{\"pid\":" + std::to_string(getpid()) + number("runs", runs()) + number("served", served_) + number("refused", refused_) +
                           number("standby", standby_.pid) + number("base", zygote_.base_) + number("unwatchedFolders", zygote_.freshness_.unwatchedCount()) +
                           number("imageBytes", image_.populated()) + ",\"noImage\":" + jsonText(image_.obstacle()) + ",\"stale\":" +
                           jsonText(zygote_.freshness_.findStale()) + number("idleMs", now_ms() - idle_since_) + "}";
  frame_send(conversation.socket.get(), MESSAGE_REPORT, text.data(), text.size(), nullptr, 0, now_ms());
  return false;
}

// A forked run has the sandbox, limits and priorities of the zygote, and must not be had by somebody who has others. Asked of the kernel, not
// of the peer, who may want to get out of its sandbox.
bool Server::mayFork(const Conversation& conversation) const { return attributes_ && attributesOf(conversation.peer) == attributes_; }

bool Server::handleGo(Conversation& conversation) {
  frame_reader_reset(&conversation.reader);
  if (!mayFork(conversation)) return false;
  forks_wanted_ = true;
  const pid_t standby = standby_.pid;
  const bool goes_on = standby_.ok() && standby_.order(*conversation.accepted, conversation.socket.get());
  if (!goes_on) return forkRun(conversation);
  standby_ = {};
  began(conversation, standby);
  return true;
}

void Server::began(Conversation& conversation, pid_t run) {
  served_++;
  conversation.pid = run;
  conversation.deadline = NO_DEADLINE;
  conversation.accepted.reset();
}

bool Server::forkRun(Conversation& conversation) {
  const pid_t pid = fork();
  if (pid < 0) return false;
  if (pid == 0) leaveZygote({std::move(*conversation.accepted), std::move(conversation.socket), {}, {}}, 0);
  else began(conversation, pid);
  return pid > 0;
}

bool Server::wantsStandby() const { return !closed_ && !standby_.ok() && !standby_failed_ && (forks_wanted_ || !image_.isReady()); }

void Server::forkStandby() {
  int ends[2];
  // Not tried again where something is short: descriptors, memory, processes.
  standby_failed_ = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0;
  if (standby_failed_) return;
  UniqueFd ours(ends[0]), its(ends[1]);
  const pid_t zygote = getpid(), pid = fork();
  standby_failed_ = pid < 0;
  if (pid == 0) leaveZygote({{}, {}, std::move(its), {}}, zygote);
  else if (pid > 0) standby_ = {pid, std::move(ours)};
}

bool Server::wantsImage() const { return !closed_ && image_.isWanted(); }

void Server::forkImageMaker() {
  UniqueFd memory = image_.begin();
  if (!memory.ok()) return;
  const pid_t zygote = getpid(), pid = fork();
  if (pid == 0) leaveZygote({{}, {}, {}, std::move(memory)}, zygote);
  else image_.madeBy(pid);
}

void Server::imageMakerEnded(int status) {
  image_.finish(status);
  // Clients become runs by themselves from now on.
  if (image_.isReady() && !forks_wanted_) standby_ = {};
  for (const ConversationPtr& conversation : conversations_)
    if (conversation->waiting && !answer(*conversation, std::move(conversation->waiting))) conversation->socket.reset();
}

bool Server::wantsCensus() const { return !closed_ && !is_counted_ && !wantsStandby() && !wantsImage() && image_.maker() == 0; }

void Server::takeCensus() {
  const uint64_t bytes = footprintOf(getpid()).bytes + footprintOf(standby_.pid).bytes + footprintOf(zygote_.base_).bytes + image_.populated();
  is_counted_ = makeRoomFor(zygote_.dir_, zygote_.key_, bytes);
  census_pause_ms_ = std::min<int64_t>(2 * census_pause_ms_, LONGEST_PAUSE_MS);
}

bool Server::makeImageNow(Run* run) {
  forkImageMaker();
  if (run_) {
    *run = std::move(*run_);
    return true;
  }
  int status;
  while (image_.maker() > 0 && waitpid(image_.maker(), &status, 0) < 0 && errno == EINTR) continue;
  if (image_.maker() > 0) imageMakerEnded(status);
  return false;
}

void Server::leaveZygote(Run run, pid_t zygote) {
  // The run holds nothing of its siblings: not their conversations, nor the zygote's door.
  conversations_.clear();
  standby_ = {};
  image_.leaveToZygote();
  signals_.reset();
  zygote_.listener_.reset();
  zygote_.manifest_.reset();
  zygote_.slot_.reset();
  zygote_.command_.reset();
  zygote_.to_base_.reset();
  zygote_.freshness_.close();
  footing_.close();
  for (int end : zygote_.far_ends_) ::close(end);
  ::close(zygote_.dir_.fd);
  prepareRun(zygote, zygote_.heap_pages_, zygote_.loop_);
  zygote_.low_descriptors_.release(zygote_.channel_.number());
  zygote_.channel_.closeFarEnd();
  run_ = std::move(run);
}

void Server::handleSignals() {
  char signals[64];
  const ssize_t count = read(signals_.get(), signals, sizeof signals);
  for (ssize_t i = 0; i < count; i++)
    if (signals[i] != SIGCHLD) close("signal");
  reapRuns();
}

void Server::reapRuns() {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;) {
    if (pid == image_.maker() && !WIFSTOPPED(status)) imageMakerEnded(status);
    if (standby_.ok() && pid == standby_.pid) {
      // A stopped one would not hear of its client. It has none yet, and is ended below.
      standby_failed_ = true;
      standby_ = {};
    }
    const bool stopped = WIFSTOPPED(status);
    bool has_client = pid == image_.maker();
    for (const ConversationPtr& conversation : conversations_) {
      if (conversation->pid != pid) continue;
      has_client = true;
      const int32_t number = stopped ? WSTOPSIG(status) : status;
      frame_send(conversation->socket.get(), stopped ? MESSAGE_STOPPED : MESSAGE_EXITED, &number, sizeof number, nullptr, 0, now_ms());
      if (!stopped) conversation->socket.reset();
    }
    if (stopped && !has_client) kill(pid, SIGKILL);
  }
}

void Server::close(const std::string& reason) {
  if (closed_) return;
  closed_ = true;
  // As its last field.
  const std::string manifest = parking_.manifest.substr(0, parking_.manifest.rfind('}'));
  writeManifest(zygote_.manifest_.get(), manifest + ",\"ended\":" + jsonText(reason) + "}");
  if (footing_.hasDoor()) unlinkat(zygote_.dir_.fd, zygote_.key_.c_str(), 0);
  zygote_.listener_.reset();
  // Before the claim is free, for who hears of that may ask the base at once.
  if (reason.compare(0, 6, "stale:") == 0) zygote_.tellBase(LEFT_EDITED);
  zygote_.to_base_.reset();
  // Releases the claim: from here on another zygote can be made.
  zygote_.manifest_.reset();
  // It sees that and ends.
  standby_ = {};
}

int Server::pollTimeout() const {
  int64_t next = closed_ ? INT64_MAX : idle_since_ + parking_.idle_ms;
  for (const ConversationPtr& conversation : conversations_)
    if (conversation->deadline != NO_DEADLINE) next = std::min(next, conversation->deadline);
  if (wantsStandby()) next = std::min(next, runs() > 0 ? now_ms() + QUIET_MS : 0);
  else if (wantsImage()) next = std::min(next, now_ms() + QUIET_MS);
  else if (wantsCensus()) next = std::min(next, now_ms() + census_pause_ms_);
  if (next == INT64_MAX) return -1;
  return static_cast<int>(std::clamp<int64_t>(next - now_ms() + 1, 0, 3'600'000));
}
