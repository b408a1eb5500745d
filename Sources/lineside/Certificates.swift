import API
import Basics
import Crypto
import HTTP
import Site
import Store

/// What the site gives out and shows: certificates of devices, the recovery kit, public files.
struct Certificates: Sendable {
    let devices: DeviceCertificates
    let keeper: RecoveryKeeper
    let clerk: AuthorityClerk

    static func raise(
        _ configuration: Configuration, _ paths: StatePaths, _ foundations: Foundations,
        signal: SecuritySignal
    ) async throws(CommandFailure) -> Certificates {
        let devices = DeviceCertificates(
            stores: foundations.stores, signer: Signer(foundations.signer.link), signal: signal,
            file: paths.revocations, authority: foundations.authority.book)
        await foundations.authority.onRenewal { devices.authorityChanged() }
        RevocationKeeper.lockOut(foundations.stores, file: paths.revocationReserve)
        do throws(StoreError) { try await devices.load() } catch {
            throw CommandFailure("the certificates of devices cannot be read: \(error)")
        }
        let tool = AuthorityTool(state: paths.root)
        let keeper = RecoveryKeeper(
            stores: foundations.stores, sealer: foundations.sealer, paths: paths, tool: tool,
            certificates: devices,
            configuration: Configuration.keys.map { ($0.path, $0.show(configuration)) })
        return Certificates(devices: devices, keeper: keeper, clerk: AuthorityClerk(tool))
    }

    func routes(_ foundations: Foundations) -> CertificateRoutes {
        CertificateRoutes(
            stores: foundations.stores, authority: foundations.authority, devices: devices,
            keeper: keeper, clerk: clerk)
    }

    func watch(_ foundations: Foundations, alarms: any SiteAlarmBoard) -> CertificateWatch {
        CertificateWatch(
            stores: foundations.stores, authority: foundations.authority, certificates: devices,
            keeper: keeper, alarms: alarms)
    }
}
