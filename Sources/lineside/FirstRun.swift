import Basics
import Crypto
import Domain
import Glibc
import Site
import Store

/// Who may do everything on a site that has nobody yet.
struct FirstAdministrator: Sendable {
    let name: String
    let password: String
}

/// What a site without users needs: an administrator from the command line, or a code that lets the
/// first one in.
struct FirstRun: Sendable {
    let foundations: Foundations

    /// - Returns: The code to show; `nil` where the site has users.
    func prepare(_ administrator: FirstAdministrator?) async throws(CommandFailure) -> SetupCode? {
        do {
            let settings = foundations.stores.settings
            if try await settings.isSetUp() { return nil }
            guard let administrator else { return try await newCode() }
            let username = try Username(validating: administrator.name)
            let hash = try await foundations.passwords.make(administrator.password)
            let site = SiteSettings(
                name: Name(stored: Self.hostName), language: .english,
                timeZone: TimeZoneName(stored: Self.timeZone))
            _ = try await settings.setUp(
                SettingStore.Setup(username: username, passwordHash: hash, site: site), by: .site)
            return nil
        } catch let fault as ValidationFault {
            throw CommandFailure("the administrator's name \(fault.reason)")
        } catch {
            throw CommandFailure("the first administrator was not made: \(error)")
        }
    }

    /// Makes the one before it worthless.
    /// - Returns: `nil` where the site has users.
    func newCode() async throws(StoreError) -> SetupCode? {
        let settings = foundations.stores.settings
        guard try await !settings.isSetUp() else { return nil }
        let code = SetupCode.random()
        try await settings.setSetupCodeHash(code.hash)
        return code
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, 255) == 0 else { return Product.name }
        let text = String(
            decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.isEmpty ? Product.name : text
    }

    /// Of this machine: /etc/timezone, as Debian writes it.
    private static var timeZone: String {
        guard let bytes = try? Files.read("/etc/timezone", limit: ByteCount(256)) else {
            return "UTC"
        }
        let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard let first = text.first, let zone = try? TimeZoneName(validating: String(first)) else {
            return "UTC"
        }
        return zone.text
    }
}
