import Basics
import Domain

/// Replies to the commands that came last: one that comes again is answered, not done. What would
/// do harm when it is done twice is remembered on the disk, before it is begun.
struct CommandMemory: Sendable {
    private static let most = 256

    private let file: SealedFile
    private var replies: [AgentCommand.ID: AgentReply?] = [:]
    private var order: [AgentCommand.ID] = []
    private var kept: Set<AgentCommand.ID> = []

    init(_ paths: AgentPaths) {
        file = SealedFile(path: paths.commands)
        guard let bytes = file.read(), let list = try? JSONReader.read(bytes).array else { return }
        for value in list.suffix(Self.most) {
            guard let object = value.object,
                let id = object["id"]?.string.flatMap(AgentCommand.ID.init)
            else { continue }
            // Begun by an agent that ended meanwhile: nobody knows how far it came.
            let reply =
                (object["reply"]?.object).flatMap { try? AgentReply(json: $0) }
                ?? AgentReply(
                    id,
                    refusal: .init(
                        code: "interrupted",
                        text: "The agent was started anew while it did this: look at the device."))
            replies[id] = .some(reply)
            order.append(id)
            kept.insert(id)
        }
    }

    /// - Returns: `nil` for a command that is new; from then on it is known.
    mutating func begin(_ command: AgentCommand) -> AgentReply?? {
        if let known = replies[command.id] { return .some(known) }
        replies[command.id] = .some(nil)
        order.append(command.id)
        if order.count > Self.most {
            let oldest = order.removeFirst()
            replies[oldest] = nil
            kept.remove(oldest)
        }
        if command.order.isDoneOnce {
            kept.insert(command.id)
            save()
        }
        return nil
    }

    mutating func end(_ reply: AgentReply) {
        guard replies[reply.id] != nil else { return }
        // Flows of a megabyte are not held for a question that hardly comes twice.
        var short = reply
        short.capture = nil
        replies[reply.id] = .some(short)
        if kept.contains(reply.id) { save() }
    }

    /// A disk that takes nothing costs the memory of the next agent, not the command.
    private func save() {
        var json = JSONWriter()
        json.array { json in
            for id in order where kept.contains(id) {
                json.object { json in
                    json.field("id", id)
                    if let reply = replies[id] ?? nil { json.field("reply", reply) }
                }
            }
        }
        try? file.write(json.bytes)
    }
}

extension AgentCommand.Order {
    /// The others say how something shall be: saying it twice changes nothing.
    fileprivate var isDoneOnce: Bool {
        switch self {
        case .restart, .start, .stop, .capture, .renew, .identify, .overrideDefer: true
        case .apply, .fetch, .watch, .unwatch, .tunnel, .untunnel: false
        }
    }
}
