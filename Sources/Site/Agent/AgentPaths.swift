package import Basics
package import Domain

/// Where a device keeps what it needs, all below one directory that only the agent may enter.
package struct AgentPaths: Sendable, Equatable {
    package static let defaultState = Configuration.agentState

    package let root: String

    package init(_ root: String) { self.root = root }

    package var lock: String { "\(root)/lock" }
    package var key: String { "\(root)/identity/key.pem" }
    package var identity: String { "\(root)/identity/identity.json" }
    package var session: String { "\(root)/identity/session" }
    package var door: String { "\(root)/identity/ready" }
    package var clock: String { "\(root)/clock.json" }
    package var commands: String { "\(root)/commands.json" }
    package var beacon: String { "\(root)/beacon.json" }
    /// Whether the machine said "not now" when the agent was last asked to go.
    package var ready: String { "\(root)/ready.json" }
    package var standing: String { "\(root)/standing.json" }
    package var journal: String { "\(root)/journal.json" }
    package var documents: String { "\(root)/documents" }
    package var vault: String { "\(root)/vault" }
    package var trees: String { "\(root)/trees" }
    package var records: String { "\(root)/records" }
    /// Where flows read and write files, whatever snapshot runs.
    package var files: String { "\(root)/files" }
    /// By which a flow or the machine says "not now".
    package var lease: String { "\(files)/lineside-ready.json" }
    package var socket: String { StatePaths(root).adminSocket }

    /// State directory of the one Node-RED that lives in a slot.
    package func slot(_ slot: DeviceSlot) -> String { "\(root)/slots/\(slot.rawValue)" }

    package func document(_ revision: Int64) -> String { "\(documents)/\(revision).json" }

    package func tree(_ address: ContentAddress) -> String { "\(trees)/\(address.hex)" }

    package func makeDirectories() throws(SystemError) {
        for directory in ["\(root)/identity", documents, trees, records] {
            try Files.makeDirectory(directory)
        }
    }
}
