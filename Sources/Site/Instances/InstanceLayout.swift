package import Basics
package import Domain
import Glibc
import Processes

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
    /// Where flows read and write files, and people too.
    package var files: String { "\(user)/\(Self.filesName)" }
    /// Through here files come into the files area and go out of it: on its file system, and out of
    /// reach of the instance.
    package var passage: String { "\(root)/passage" }

    package static let filesName = "files"

    package func makeDirectories() throws(SystemError) {
        for directory in [log, spool, user] { try Files.makeDirectory(directory) }
        do throws(SystemError) {
            try HostileDirectory(user).makeDirectory(Self.filesName)
        } catch  where error.code == EEXIST {
            // What it is, whoever uses it finds out.
        }
    }
}
