package import Basics
import Glibc
import Processes

/// Whether the machine may be disturbed. A flow says "not now" by a file in its files area,
/// `lineside-ready.json` with `{"busy":true,"reason":"…","seconds":60}`, written anew before its
/// time is up: a lease of 60 s at most, so that a flow that died stops nobody for ever. No file, an
/// old one or `busy: false` mean that nothing stands in the way.
package struct AgentLease: Sendable {
    /// In seconds.
    package static let longest: Int64 = 60

    package struct Refusal: Sendable, Equatable {
        package var reason: String
        /// After which it is worth asking again.
        package var left: Duration
    }

    private let directory: String
    private let name: String

    package init(_ paths: AgentPaths) {
        directory = paths.files
        name = String(paths.lease.dropFirst(paths.files.count + 1))
    }

    /// `nil`: ready. The file is written by the flow and hostile.
    package func refusal(now: Timestamp = .now()) -> Refusal? {
        var information = stat()
        guard lstat("\(directory)/\(name)", &information) == 0,
            let bytes = try? HostileDirectory(directory).read(name, limit: .kibibytes(4))
        else { return nil }
        let object = try? JSONReader.read(bytes, limit: 4096, values: 32).object
        guard let object, object["busy"]?.bool == true else { return nil }
        let seconds = min(max(object["seconds"]?.int ?? Self.longest, 1), Self.longest)
        let written = Int64(information.st_mtim.tv_sec) * 1000
        let age = (now.milliseconds - written) / 1000
        // A file from the future: the clock was set back, and the file may be of any age.
        guard age < seconds else { return nil }
        let reason = object["reason"]?.string.map { String($0.prefix(200)) }
        return Refusal(
            reason: reason ?? "the machine is busy", left: .seconds(max(1, seconds - max(0, age))))
    }
}
