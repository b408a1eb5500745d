package import Basics
package import Domain

/// Where the files of one instance lie. What is in `log`, `spool` and `user` is written by the
/// instance and hostile; the rest is the appliance's own.
package struct InstanceLayout: Sendable, Equatable {
    package let root: String
    /// The id of the instance.
    package let name: String

    /// - Parameter state: the state directory of the appliance.
    package init(state: String, _ id: Instance.ID) {
        root = "\(state)/instances/\(id.text)"
        name = id.text
    }

    package var startFile: String { "\(root)/start.json" }
    package var processFile: String { "\(root)/process.json" }
    package var lock: String { "\(root)/lock" }
    package var log: String { "\(root)/log" }
    package var spool: String { "\(root)/spool" }
    package var user: String { "\(root)/user" }

    package func makeDirectories() throws(SystemError) {
        for directory in [log, spool, user] { try Files.makeDirectory(directory) }
    }
}
