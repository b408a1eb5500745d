import Basics
import Crypto
import Glibc
import Net
import Site
import Store

/// What must be there before anything can act: databases, keys, certificates. Made at the first
/// start, and missed with a sentence at every later one.
struct Foundations: Sendable {
    let stores: Stores
    /// Hides what must be read back.
    let sealer: Sealer
    /// Signs what lets a request into an editor.
    let editorKey: SigningKey
    let signer: SignerProcess
    let authority: SiteAuthority
    let passwords = PasswordHasher()

    static func lay(
        in paths: StatePaths, _ configuration: Configuration
    ) async throws(CommandFailure) -> Foundations {
        try requireRegistry(paths)
        // A key that is lost later must not be replaced by one that opens nothing.
        let isFirstStart = !Files.exists(paths.registry)
        do {
            let sealer = try Sealer.load(keyFile: paths.siteKey, creating: isFirstStart)
            let names = configuration.names
            // First of all: it comes up while databases are opened.
            let signer = SignerProcess(paths, names: names)
            try signer.start()
            return Foundations(
                stores: try await Stores.open(directory: paths.root),
                sealer: sealer,
                editorKey: try SigningKey.load(file: paths.editorKey),
                signer: signer,
                authority: try SiteAuthority(
                    AuthorityFiles(paths), server: paths.serverCertificate, signer: signer.link,
                    options: Self.protocols,
                    names: { LocalNames.current(extra: names) }))
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// Browsers and stock agents speak HTTP/1.1; our agents show a certificate, for HTTP or for MQTT.
    private static var protocols: TLSConfiguration.Options {
        var options = TLSConfiguration.Options()
        options.certificateProtocols = [DeviceDoor.httpProtocol, DeviceDoor.mqttProtocol]
        options.protocols = ["http/1.1", DeviceDoor.httpProtocol, DeviceDoor.mqttProtocol]
        return options
    }

    /// A new registry beside instances that an older one knew would be a site that anybody may set
    /// up, while its Node-REDs run on without an owner.
    private static func requireRegistry(_ paths: StatePaths) throws(CommandFailure) {
        var information = stat()
        if stat(paths.registry, &information) == 0, information.st_size > 0 { return }
        guard let instances = try? Files.list(paths.instances), !instances.isEmpty else { return }
        throw CommandFailure(
            "\(paths.registry) is missing or empty, but \(paths.instances) is not: restore it from "
                + "a backup, or name a new --state to begin anew")
    }
}
