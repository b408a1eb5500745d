import Basics

/// Where the broker's things lie, all below one directory that only the appliance enters.
package struct BrokerFiles: Sendable, Equatable {
    package let directory: String
    package init(_ directory: String) { self.directory = directory }

    package var configuration: String { "\(directory)/mosquitto.conf" }
    package var access: String { "\(directory)/access" }
    package var secrets: String { "\(directory)/secrets" }
    package var plugin: String { "\(directory)/plugin.so" }
    /// Where the appliance itself comes in, and devices that the door has checked. The plugin knows
    /// it by its name.
    package var socket: String { "\(directory)/link.sock" }
    /// Where the door passes on whom it knows nothing of.
    package var openSocket: String { "\(directory)/open.sock" }
    /// Retained messages and queues, Mosquitto's own.
    package var data: String { "\(directory)/data" }
    package var database: String { "\(data)/mosquitto.db" }
    /// The last one that the broker could not load.
    package var asideDatabase: String { "\(directory)/mosquitto.db.aside" }
    package var log: String { "\(directory)/out.log" }
    package var process: String { "\(directory)/process.json" }
    package var lock: String { "\(directory)/lock" }
}

/// Of one start of the broker: who knows them is the appliance, or vouches for a device.
struct BrokerSecrets: Sendable, Equatable {
    let link: String
    let certificate: String

    static func random() -> BrokerSecrets {
        BrokerSecrets(
            link: Base64URL.encode(Randomness.bytes(32)),
            certificate: Base64URL.encode(Randomness.bytes(32)))
    }

    private init(link: String, certificate: String) {
        self.link = link
        self.certificate = certificate
    }

    /// `nil` if the file is missing or not ours.
    init?(path: String) {
        guard let bytes = try? Files.read(path, limit: .kibibytes(4)) else { return nil }
        var found: [Substring: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 { found[words[0]] = String(words[1]) }
        }
        guard let link = found["link"], let certificate = found["certificate"] else { return nil }
        self.init(link: link, certificate: certificate)
    }

    func write(to path: String) throws(SystemError) {
        try Files.replace(path, with: Array("link \(link)\ncertificate \(certificate)\n".utf8))
    }
}
