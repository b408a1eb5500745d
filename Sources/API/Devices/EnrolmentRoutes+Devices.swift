import Basics
import Domain
import HTTP
import Site
import Store

/// Devices that wait, that come by hand, and that go.
extension EnrolmentRoutes {
    func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<EnrolmentView>> {
        var state: Enrolment.State?
        if let text = context.query("state") {
            guard let word = Enrolment.State(rawValue: text) else {
                throw .invalid("state", "must be pending, issued or refused")
            }
            state = word
        }
        let (request, wanted) = (try context.page(), state)
        let visible = try await visible(to: context.caller)
        let page = try await stored { () async throws(StoreError) in
            try await stores.enrolments.list(wanted, request, visible: visible)
        }
        return Found(PageView(page.map(EnrolmentView.init(enrolment:))))
    }

    private func enrolment(_ context: RequestContext) async throws(Problem) -> Enrolment {
        let id: Enrolment.ID = try context.id("enrolment")
        let enrolment = try await stored { () async throws(StoreError) in
            try await stores.enrolments.get(id)
        }
        guard context.caller.may(.deviceEnrol, at: enrolment.path) else {
            throw .notFound("The enrolment")
        }
        return enrolment
    }

    func approve(_ context: RequestContext) async throws(Problem) -> Found<EnrolmentView> {
        let waiting = try await enrolment(context)
        let issued = try await atDesk { () async throws(EnrolmentDesk.Fault) in
            try await desk.approve(waiting.id, by: context.actor)
        }
        return Found(EnrolmentView(enrolment: issued))
    }

    func refuse(_ context: RequestContext) async throws(Problem) -> Found<EnrolmentView> {
        let waiting = try await enrolment(context)
        let refused = try await atDesk { () async throws(EnrolmentDesk.Fault) in
            try await desk.refuse(waiting.id, by: context.actor)
        }
        return Found(EnrolmentView(enrolment: refused))
    }

    func answerCarried(
        _ body: CarriedRequest, _ context: RequestContext
    ) async throws(Problem) -> Created<CarriedAnswerView> {
        let place: EnrolmentDesk.Carried
        if let id = body.device {
            let device = try await stored { () async throws(StoreError) in
                try await stores.devices.get(id)
            }
            guard context.caller.may(.deviceEnrol, at: device.path) else {
                throw .notFound("The device")
            }
            place = .init(
                team: device.teamID, application: device.applicationID, group: device.groupID,
                device: id, name: nil)
        } else {
            let found = try await places.find(
                team: body.team, application: body.application, group: body.group,
                for: context.caller, .deviceEnrol)
            place = .init(
                team: found.team, application: found.application, group: found.group,
                device: nil, name: body.name)
        }
        let file: EnrolmentRequestFile
        do throws(EnrolmentRequestFile.Fault) {
            file = try EnrolmentRequestFile(Array(body.request.utf8))
        } catch { throw .invalid("request", "cannot be taken: \(error.description)") }
        let (answer, enrolment) = try await atDesk { () async throws(EnrolmentDesk.Fault) in
            try await desk.answer(carried: file, to: place, by: context.actor)
        }
        let device = try await stored { () async throws(StoreError) in
            try await stores.devices.get(answer.device.id)
        }
        guard let text = EnrolmentDesk.carried(answer) else {
            throw .invalid("request", "must be of an EC key on P-256")
        }
        return Created(
            CarriedAnswerView(
                device: try await maker.view(device), fingerprint: enrolment.fingerprint,
                answer: text),
            at: "/api/v1/devices/\(device.id)")
    }

    func revoke(_ context: RequestContext) async throws(Problem) -> Found<DeviceView> {
        let id: Device.ID = try context.id("device")
        let device = try await atDesk { () async throws(EnrolmentDesk.Fault) in
            try await desk.revoke(id, by: context.actor)
        }
        return Found(try await maker.view(device))
    }

    func credentials(
        _ context: RequestContext
    ) async throws(Problem) -> Created<StockFileView> {
        let id: Device.ID = try context.id("device")
        let made: StockEnrolment.Credentials
        do throws(StockEnrolment.Fault) {
            made = try await stock.credentials(of: id, by: context.actor)
        } catch { throw Problem(error) }
        return Created(
            StockFileView(text: StockFile.device(made, url: context.link(""))),
            at: "/api/v1/devices/\(id)")
    }
}
