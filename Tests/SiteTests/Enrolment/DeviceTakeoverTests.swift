import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store
import Testing

@Suite("Devices that another kind of agent takes over", .timeLimit(.minutes(10)))
struct DeviceTakeoverTests {
    let house: EnrolmentHouse
    let stock: StockEnrolment
    let access: BrokerAccess
    let users: BrokerUsers
    let directory: TemporaryDirectory

    init() async throws {
        house = try await EnrolmentHouse()
        directory = try TemporaryDirectory()
        access = BrokerAccess(files: BrokerFiles(directory.path), link: BrokerLink())
        users = BrokerUsers(stores: house.stores, access: access)
        stock = StockEnrolment(
            stores: house.stores, sealer: house.sealer, observer: users,
            strangers: house.strangers)
    }

    @Test("Hardware with lineside agent locks the stock agent out that it replaces")
    func toOurs() async throws {
        let device = try await house.factory.device("Oven 2")
        let old = try await stock.credentials(of: device.id, by: .site)
        let nodes = TopicGrammar.nodesName(team: device.teamID, device: device.id)
        #expect(await access.user(nodes) != nil)
        let hash = MachineSecret.hash(of: old.token)
        #expect(try await house.stores.deviceSecrets.device(tokenHash: hash) != nil)

        let bundle = try await house.bundle { $0.device = device.id }
        let answer = try await house.answer(bundle, try EnrolmentHouse.Machine())
        await users.admitted([device.id])
        #expect(answer.device.id == device.id)
        #expect(try await house.stores.deviceSecrets.device(tokenHash: hash) == nil)
        #expect(try await house.stores.deviceSecrets.find(device.id) == nil)
        #expect(await access.user(nodes) == nil)
        #expect(await access.user(device.brokerName)?.secretDigest == nil)
        #expect(answer.credentialSecret != old.credentialSecret)
        // A lost answer is the same again.
        let serial = try Certificate(pem: answer.certificate).serial
        #expect(try await house.stores.certificates.live().map(\.serial) == [serial])
    }

    @Test("A stock agent locks the hardware out whose device it takes over")
    func toStock() async throws {
        let answer = try await house.answer(
            try await house.bundle(), try EnrolmentHouse.Machine())
        let serial = try Certificate(pem: answer.certificate).serial
        let code = StockTokens.newOneTimeCode()
        _ = try await house.stores.enrolmentTokens.insert(
            EnrolmentTokenStore.Draft(
                kind: .oneTime, name: Name(stored: "again"), team: answer.device.team,
                device: answer.device.id, secretHash: MachineSecret.hash(of: code),
                life: .seconds(60)), by: .site)
        let made = try await stock.connect(code: code, host: nil, address: "10.0.0.9")
        #expect(made.device.id == answer.device.id && made.device.agent == .stock)
        #expect(try await house.stores.certificates.find(serial: serial)?.revokedAt != nil)
        #expect(made.credentialSecret != answer.credentialSecret)
        #expect(await access.user(made.device.brokerName)?.secretDigest != nil)
    }

    @Test("Other hardware with lineside agent locks out the one that it replaces at once")
    func same() async throws {
        let first = try await house.answer(
            try await house.bundle(), try EnrolmentHouse.Machine())
        let bundle = try await house.bundle { $0.device = first.device.id }
        let second = try await house.answer(bundle, try EnrolmentHouse.Machine())
        #expect(second.device.id == first.device.id)
        #expect(second.credentialSecret == first.credentialSecret)
        // Not only when the new one was seen: the old one could renew its own until then.
        let live = try await house.stores.certificates.live().map(\.serial)
        #expect(live == [try Certificate(pem: second.certificate).serial])
    }
}
