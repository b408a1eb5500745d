package import Basics
import Glibc
import Processes
import Synchronization

/// Whether the machine may be disturbed. A flow says "not now" in one of two ways, anew before the
/// time is up: a lease of 60 s at most, so that a flow that died stops nobody for ever.
/// - A file in its files area, `lineside-ready.json` with `{"busy":true,"reason":"…","seconds":60}`.
///   No file, an old one, rubbish or `busy: false` mean that nothing stands in the way.
/// - A request to the address that it finds in `LINESIDE_READY_URL` (`AgentReadyDoor`).
package final class AgentLease: Sendable {
    /// In seconds.
    package static let longest: Int64 = 60
    /// Leases with names of their own.
    private static let most = 16
    /// Steps of the clock that are remembered, and what is no step but a clock that drifts.
    private static let mostSteps = 8
    private static let drift = Duration.seconds(2)

    package struct Refusal: Sendable, Equatable {
        package var reason: String
        /// After which it is worth asking again.
        package var left: Duration
    }

    private struct Held {
        var reason: String
        var until: ContinuousClock.Instant
    }

    private struct State {
        var held: [String: Held] = [:]
        /// Time of the wall clock at the start of the other, the newest last: one for each step.
        var offsets: [Duration] = []
        var changed: (@Sendable () -> Void)?
    }

    private let directory: String
    private let name: String
    private let memory: SealedFile
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    package init(_ paths: AgentPaths) {
        directory = paths.files
        name = String(paths.lease.dropFirst(paths.files.count + 1))
        memory = SealedFile(path: paths.ready)
        var state = State()
        // Whoever held it does not know that this agent is another: it has its time to say so.
        if let bytes = memory.read(), let object = try? JSONReader.read(bytes).object {
            for (name, value) in object.members.prefix(Self.most) {
                state.held[name] = Held(
                    reason: value.string ?? "", until: start + .seconds(Self.longest))
            }
        }
        self.state = Mutex(state)
        _ = refusal()
    }

    /// Called when somebody says or takes back a "not now" by request.
    package func whenChanged(_ call: @escaping @Sendable () -> Void) {
        state.withLock { $0.changed = call }
    }

    /// `nil`: ready.
    /// - Parameters:
    ///   - now: of the wall clock, which may be set while a lease is held.
    ///   - instant: of the clock that only runs forward.
    package func refusal(
        now: Timestamp = .now(), at instant: ContinuousClock.Instant = .now
    ) -> Refusal? {
        let offsets = state.withLock { state in
            let offset = Duration.milliseconds(now.milliseconds) - (instant - start)
            let step = state.offsets.last.map { offset - $0 }
            if step.map({ $0 > Self.drift || $0 < .zero - Self.drift }) ?? true {
                state.offsets = state.offsets.suffix(Self.mostSteps - 1) + [offset]
            }
            return state.offsets
        }
        return asked(at: instant) ?? written(at: instant, offsets)
    }

    // MARK: By request

    /// - Parameter seconds: cut to `longest`.
    /// - Returns: whether there was room for it.
    package func hold(
        _ name: String, _ reason: String, seconds: Int64, at instant: ContinuousClock.Instant = .now
    ) -> Bool {
        let length = Duration.seconds(min(max(seconds, 1), Self.longest))
        let (taken, isNews) = state.withLock { state -> (Bool, Bool) in
            state.held = state.held.filter { $0.value.until > instant }
            let isNews = state.held[name] == nil
            guard !isNews || state.held.count < Self.most else { return (false, false) }
            state.held[name] = Held(
                reason: String(reason.prefix(200)), until: instant + length)
            return (true, isNews)
        }
        if isNews { changed() }
        return taken
    }

    package func release(_ name: String) {
        guard state.withLock({ $0.held.removeValue(forKey: name) }) != nil else { return }
        changed()
    }

    private func asked(at instant: ContinuousClock.Instant) -> Refusal? {
        let last = state.withLock { state in
            state.held.values.filter { $0.until > instant }.max { $0.until < $1.until }
        }
        return last.map { Refusal(reason: Self.reason($0.reason), left: $0.until - instant) }
    }

    /// Written down when it begins and ends only: renewing it must not wear out a flash disk.
    private func changed() {
        let (held, call) = state.withLock { ($0.held, $0.changed) }
        var json = JSONWriter()
        json.object { json in
            for (name, held) in held { json.field(name, held.reason) }
        }
        try? memory.write(json.bytes)
        call?()
    }

    // MARK: By a file

    /// The file is written by the flow and hostile. Whichever clock it was written by: where one of
    /// them says that its time is not up, it is not.
    private func written(at instant: ContinuousClock.Instant, _ offsets: [Duration]) -> Refusal? {
        var information = stat()
        guard lstat("\(directory)/\(name)", &information) == 0,
            let bytes = try? HostileDirectory(directory).read(name, limit: .kibibytes(4)),
            let object = try? JSONReader.read(bytes, limit: 4096, values: 32).object,
            object["busy"]?.bool == true
        else { return nil }
        let seconds = min(max(object["seconds"]?.int ?? Self.longest, 1), Self.longest)
        let stamp = Duration.seconds(Int64(information.st_mtim.tv_sec))
        let ages = offsets.map { (instant - start) - (stamp - $0) }
        let valid = ages.filter { $0 > .seconds(-2) && $0 < .seconds(seconds) }
        guard let age = valid.min() else { return nil }
        return Refusal(
            reason: Self.reason(object["reason"]?.string.map { String($0.prefix(200)) } ?? ""),
            left: max(.seconds(1), .seconds(seconds) - age))
    }

    private static func reason(_ text: String) -> String {
        text.isEmpty ? "the machine is busy" : text
    }
}
