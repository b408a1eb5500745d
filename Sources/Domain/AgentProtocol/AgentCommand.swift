package import Basics

/// What the appliance tells a device. A command that comes twice is done once: the device
/// remembers the ids of the last 256 with their replies.
package struct AgentCommand: Sendable, Equatable {
    package typealias ID = Identifier<AgentCommand>

    package enum Order: Sendable, Equatable {
        /// - Parameter retry: also when this revision has failed here before.
        case apply(DesiredDocument, retry: Bool)
        /// The document is too large to come along: the device fetches it.
        case fetch(revision: Int64, retry: Bool)
        case restart, start, stop
        /// For so many seconds log and samples are sent at once; asked for again while somebody
        /// looks.
        case watch(seconds: Int)
        case unwatch
        /// Opens `/api/agent/v1/tunnel/<token>`.
        case tunnel(token: String)
        case untunnel
        /// Replies with flows, credentials and node packages as they run on the device.
        case capture
        /// Renews the certificate now.
        case renew
        /// Lets itself be noticed by whoever stands before it.
        case identify
        /// Switches although the machine says "not now".
        case overrideDefer(reason: String)
    }

    package var id: ID
    package var order: Order
    package var at: Timestamp
    /// After which it is not to be done any more: whoever gave it has been told that it was not.
    /// `nil` for what says how the device shall be, not what it shall do now.
    package var until: Timestamp?

    package init(
        id: ID = .random(), order: Order, at: Timestamp, until: Timestamp? = nil
    ) {
        self.id = id
        self.order = order
        self.at = at
        self.until = until
    }

    private enum Word: String {
        case apply, restart, start, stop, watch, unwatch, tunnel, untunnel, capture, renew
        case identify
        case overrideDefer = "defer-override"
    }

    private var word: Word {
        switch order {
        case .apply, .fetch: .apply
        case .restart: .restart
        case .start: .start
        case .stop: .stop
        case .watch: .watch
        case .unwatch: .unwatch
        case .tunnel: .tunnel
        case .untunnel: .untunnel
        case .capture: .capture
        case .renew: .renew
        case .identify: .identify
        case .overrideDefer: .overrideDefer
        }
    }
}

extension AgentCommand: AgentMessage {
    package static let called = "a command"
    package static let limit = 1 << 20
    package static let valueLimit = 20_000
    private static let watchSeconds = 1...600
    /// In bytes: 500 characters and the names of two people.
    private static let longestReason = 4000

    package init(json object: JSONObject) throws(JSONFieldError) {
        id = try object.id("id")
        at = try object.moment("at")
        until = try object.optionalMoment("until")
        order =
            switch try object.word("command", Word.self) {
            case .apply: try Self.apply(object)
            case .restart: .restart
            case .start: .start
            case .stop: .stop
            case .watch:
                .watch(seconds: try object.optionalWhole("seconds", Self.watchSeconds) ?? 60)
            case .unwatch: .unwatch
            case .tunnel: .tunnel(token: try Self.token(object))
            case .untunnel: .untunnel
            case .capture: .capture
            case .renew: .renew
            case .identify: .identify
            case .overrideDefer:
                .overrideDefer(reason: try object.text("reason", upTo: Self.longestReason))
            }
    }

    private static func apply(_ object: JSONObject) throws(JSONFieldError) -> Order {
        let retry = try object.optionalBool("retry") ?? false
        if let desired = try object.optionalObject("desired") {
            return .apply(try DesiredDocument(json: desired), retry: retry)
        }
        return .fetch(revision: try object.counter("revision"), retry: retry)
    }

    /// It becomes a part of a path.
    private static func token(_ object: JSONObject) throws(JSONFieldError) -> String {
        let token = try object.text("token", upTo: 200)
        let isPlain = token.utf8.allSatisfy { $0.isAlphanumeric || $0 == 0x2D || $0 == 0x5F }
        guard !token.isEmpty, isPlain else {
            throw JSONFieldError(field: "token", reason: "may hold letters, digits, - and _ only")
        }
        return token
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("command", word.rawValue)
            json.field("at", at.milliseconds)
            if let until { json.field("until", until.milliseconds) }
            switch order {
            case .apply(let document, let retry):
                json.field("desired", document)
                if retry { json.field("retry", true) }
            case .fetch(let revision, let retry):
                json.field("revision", revision)
                if retry { json.field("retry", true) }
            case .watch(let seconds): json.field("seconds", seconds)
            case .tunnel(let token): json.field("token", token)
            case .overrideDefer(let reason): json.field("reason", reason)
            case .restart, .start, .stop, .unwatch, .untunnel, .capture, .renew, .identify: break
            }
        }
    }
}
