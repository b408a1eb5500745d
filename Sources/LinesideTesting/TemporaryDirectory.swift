package import Basics
import Glibc

/// A directory of one test's own, removed with everything in it when the test lets go of it.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws(SystemError) {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let name = Randomness.text(count: 10, from: .lowercaseAlphanumerics)
        path = "\(base)/lineside-test-\(name)"
        try Files.makeDirectory(path)
    }

    deinit { try? Files.removeTree(path) }
}
