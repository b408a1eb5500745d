package import Basics
package import Domain
package import Processes

/// What is written down of a running instance, so that the next start of the appliance knows it.
/// A file, because it must be there before the program runs and must not wait for a database.
package struct ProcessFile: Sendable, Equatable {
    package var identity: ProcessIdentity
    package var bootID: String
    package var nonce: String
    package var port: Int
    /// Path that answers a probe.
    package var alivePath: String
    package var startedAt: Timestamp
    package var restarts: Int
    package var standing: InstanceMachine.Standing

    package init(
        identity: ProcessIdentity, bootID: String, nonce: String, port: Int, alivePath: String,
        startedAt: Timestamp,
        restarts: Int = 0, standing: InstanceMachine.Standing = .starting
    ) {
        self.identity = identity
        self.bootID = bootID
        self.nonce = nonce
        self.port = port
        self.alivePath = alivePath
        self.startedAt = startedAt
        self.restarts = restarts
        self.standing = standing
    }

    /// `nil` for one that is missing or broken.
    package init?(path: String) {
        guard let bytes = try? Files.read(path, limit: .kibibytes(256)),
            let object = try? JSONReader.read(bytes).object, object["format"]?.int == 1,
            let pid = object["pid"]?.int.flatMap(Int32.init(exactly:)), pid > 1,
            let ticks = object["startTicks"]?.string.flatMap(UInt64.init),
            let boot = object["bootID"]?.string, let nonce = object["nonce"]?.string,
            let port = object["port"]?.int, let path = object["alivePath"]?.string,
            let started = object["startedAt"]?.int,
            let word = object["standing"]?.string
        else { return nil }
        let types = object["missing"]?.array?.compactMap(\.string) ?? []
        let standing: InstanceMachine.Standing? =
            switch word {
            case "starting": .starting
            case "listening": .listening
            case "running": .running
            case "safe": .safe
            case "halted": .halted
            case "missing": .missingTypes(types)
            default: nil
            }
        guard let standing else { return nil }
        self.init(
            identity: ProcessIdentity(pid: pid, startTicks: ticks), bootID: boot, nonce: nonce,
            port: Int(clamping: port), alivePath: path, startedAt: Timestamp(milliseconds: started),
            restarts: Int(clamping: object["restarts"]?.int ?? 0), standing: standing)
    }

    package func write(to path: String) throws(SystemError) {
        var json = JSONWriter()
        json.object { json in
            json.field("format", 1)
            json.field("pid", identity.pid)
            json.field("startTicks", String(identity.startTicks))
            json.field("bootID", bootID)
            json.field("nonce", nonce)
            json.field("port", port)
            json.field("alivePath", alivePath)
            json.field("startedAt", startedAt.milliseconds)
            json.field("restarts", restarts)
            switch standing {
            case .starting: json.field("standing", "starting")
            case .listening: json.field("standing", "listening")
            case .running: json.field("standing", "running")
            case .safe: json.field("standing", "safe")
            case .halted: json.field("standing", "halted")
            case .missingTypes(let types):
                json.field("standing", "missing")
                json.field("missing", Array(types.prefix(200)).map { String($0.prefix(200)) })
            }
        }
        try Files.replace(path, with: json.bytes)
    }
}
