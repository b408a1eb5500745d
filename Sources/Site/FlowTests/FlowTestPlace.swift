import Basics
import Domain

/// The folder of one throw-away Node-RED: all that it may write in, and gone when it is.
struct FlowTestPlace: Sendable {
    let root: String
    let name: String

    /// - Parameter state: the state directory of the appliance.
    init(state: String, _ run: FlowTestRun.ID, number: Int) {
        name = "\(run.text)-\(number)"
        root = "\(Self.parent(state))/\(name)"
    }

    /// Holds nothing while no test runs.
    static func parent(_ state: String) -> String { "\(state)/tests" }

    var startFile: String { "\(root)/start.json" }
    var user: String { "\(root)/user" }
    var files: String { "\(root)/user/files" }
    var spool: String { "\(root)/spool" }
    var log: String { "\(root)/log" }
    var temporary: String { "\(root)/tmp" }
    /// What the runner inside Node-RED reads and writes.
    var test: String { "\(root)/test" }

    func makeDirectories() throws(SystemError) {
        for directory in [user, files, spool, log, temporary, test] {
            try Files.makeDirectory(directory)
        }
    }
}
