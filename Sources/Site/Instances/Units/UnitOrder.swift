package import Basics
package import Domain

/// What the appliance asks of the service manager about one instance, by way of `lineside helper`,
/// which is root. As text it is one line.
package enum UnitOrder: Sendable, Equatable {
    /// Ends what runs under this id, and starts it anew.
    case start(Instance.ID, memory: ByteCount, processorPercent: Int?)
    /// SIGTERM, to the main process alone.
    case terminate(Instance.ID)
    /// SIGKILL, to everything in the unit.
    case kill(Instance.ID)
    /// How the last run ended.
    case ending(Instance.ID)

    /// Bytes of a line, its end included.
    package static let limit = 128

    package var line: String {
        switch self {
        case .start(let id, let memory, let percent):
            "start \(id.text) \(memory.bytes) \(percent ?? 0)\n"
        case .terminate(let id): "terminate \(id.text)\n"
        case .kill(let id): "kill \(id.text)\n"
        case .ending(let id): "ending \(id.text)\n"
        }
    }

    /// - Parameter line: without its end. `nil` for anything that `line` does not write.
    package init?(line: String) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count >= 2, let id = Instance.ID(words[1]) else { return nil }
        switch (words[0], words.count) {
        case ("start", 4):
            // 64 MB to 1 TB, and up to a thousand processors.
            guard let memory = Int64(words[2]), (1 << 26...1 << 40).contains(memory),
                let percent = Int(words[3]), (0...100_000).contains(percent)
            else { return nil }
            self = .start(
                id, memory: ByteCount(Int(memory)), processorPercent: percent == 0 ? nil : percent)
        case ("terminate", 2): self = .terminate(id)
        case ("kill", 2): self = .kill(id)
        case ("ending", 2): self = .ending(id)
        default: return nil
        }
        guard self.line == line + "\n" else { return nil }
    }
}

/// The answer to an order, one line too.
package enum UnitAnswer: Sendable, Equatable {
    case done
    /// The main process.
    case started(Int32)
    case ended(InstanceExit)
    /// One sentence.
    case refused(String)

    package var line: String {
        switch self {
        case .done: "ok\n"
        case .started(let pid): "ok pid \(pid)\n"
        case .ended(.code(let code)): "ok code \(code)\n"
        case .ended(.signal(let signal)): "ok signal \(signal)\n"
        case .ended(.unknown): "ok unknown\n"
        case .refused(let sentence):
            "refused \(sentence.map { $0.isNewline ? " " : $0 }.reduce(into: "") { $0.append($1) })\n"
        }
    }

    /// - Parameter line: without its end.
    package init?(line: String) {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        switch words.first {
        case "refused": self = .refused(words.count == 2 ? words[1] : "")
        case "ok":
            guard words.count == 2 else {
                self = .done
                return
            }
            let rest = words[1].split(separator: " ").map(String.init)
            let number = rest.count == 2 ? Int32(rest[1]) : nil
            switch (rest.first, number) {
            case ("pid", let pid?) where pid > 1: self = .started(pid)
            case ("code", let code?): self = .ended(.code(code))
            case ("signal", let signal?): self = .ended(.signal(signal))
            case ("unknown", nil): self = .ended(.unknown)
            default: return nil
            }
        default: return nil
        }
    }
}
