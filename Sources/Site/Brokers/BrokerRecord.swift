import Basics
import Processes

/// What is written down of a running broker, so that the next start of the appliance knows it.
struct BrokerRecord: Sendable, Equatable {
    let identity: ProcessIdentity
    let bootID: String
    /// Of configuration and plugin: another one is another broker.
    let fingerprint: String
    /// Of the first listener with TLS, where any free one was asked for.
    let port: Int

    init(identity: ProcessIdentity, bootID: String, fingerprint: String, port: Int) {
        self.identity = identity
        self.bootID = bootID
        self.fingerprint = fingerprint
        self.port = port
    }

    /// `nil` for one that is missing or broken.
    init?(path: String) {
        guard let bytes = try? Files.read(path, limit: .kibibytes(16)),
            let object = try? JSONReader.read(bytes).object, object["format"]?.int == 1,
            let pid = object["pid"]?.int.flatMap(Int32.init(exactly:)), pid > 1,
            let ticks = object["startTicks"]?.string.flatMap(UInt64.init),
            let boot = object["bootID"]?.string,
            let fingerprint = object["fingerprint"]?.string,
            let port = object["port"]?.int.flatMap(Int.init(exactly:)), (0...65_535).contains(port)
        else { return nil }
        self.init(
            identity: ProcessIdentity(pid: pid, startTicks: ticks), bootID: boot,
            fingerprint: fingerprint, port: port)
    }

    func write(to path: String) throws(SystemError) {
        var json = JSONWriter()
        json.object { json in
            json.field("format", 1)
            json.field("pid", identity.pid)
            json.field("startTicks", String(identity.startTicks))
            json.field("bootID", bootID)
            json.field("fingerprint", fingerprint)
            json.field("port", port)
        }
        try Files.replace(path, with: json.bytes)
    }
}
