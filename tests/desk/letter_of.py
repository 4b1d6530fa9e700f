"""A holiday letter of the invented province: three clauses, communes and a telco, for report to the people's committee."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.utils import timezone
from province import Province, admin

from vonggac.desk.directives import actions
from vonggac.desk.directives.models import Letter, Recipient, RecipientGroup
from vonggac.desk.directives.values import AddresseeValues, ClauseValues, LetterValues
from vonggac.desk.organisations import actions as directory
from vonggac.desk.work.models import Task


@dataclass
class Holiday:
    """``letter`` as it is now; ``groups`` by code: ``communes`` and ``telcos``."""

    province: Province
    letter: Letter
    groups: dict[str, RecipientGroup]

    def issued(self) -> Holiday:
        """Approved by the leader, numbered and sent by the clerk."""
        leader, clerk = self.province.asker("leader"), self.province.asker("records_clerk")
        row = actions.approve(leader, self.letter.pk, self.letter.version, confirms=True)
        return replace(self, letter=actions.issue(clerk, row.pk, row.version))

    def recipient(self, code: str) -> Recipient:
        """The recipient of this organisation's code."""
        return Recipient.objects.get(letter=self.letter, organisation_id=self.province.id(code))

    def tasks(self, code: str) -> list[Task]:
        """What the letter asks of an organisation, clause by clause."""
        rows = Task.objects.filter(batch_id=self.letter.batch_id, organisation_id=self.province.id(code))
        return list(rows.order_by("pk"))


CLAUSES = (
    ClauseValues("Trực và giám sát 24/7", "1.a", "Bố trí cán bộ trực trong thời gian nghỉ lễ.", "stand_duty"),
    ClauseValues("Rà soát, bóc gỡ mã độc", "1.c", "Rà soát toàn bộ máy chủ, máy trạm.", "check_machines"),
    ClauseValues("Xử lý phản ánh tin nhắn rác", "2.c", "Xử lý phản ánh của người dân.", "handle_cases", ("telcos",)),
)


def draft(province: Province, **values: Any) -> Holiday:
    """A draft of the department for science; ``values`` replace those of the letter."""
    directory.add_mandate(
        admin(), province.id("sokhcn"), subject="state_management", over_id=None, basis="Quyết định 1/QĐ-UBND"
    )
    groups = {
        "communes": actions.save_group(
            admin(), None, 0, code="communes", name="Ủy ban nhân dân các xã, phường", kinds=["commune"]
        ),
        "telcos": actions.save_group(
            admin(), None, 0, code="telcos", name="Các doanh nghiệp viễn thông", kinds=["telco"]
        ),
    }
    said = LetterValues(
        subject="Tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ", symbol="SKHCN-CNTT", place="Thạch Lâm",
        superior_name="UBND TỈNH THẠCH LÂM", opening="Để bảo đảm an toàn thông tin mạng trong dịp nghỉ lễ, Sở đề nghị:",
        closing="Đề nghị các đơn vị nghiêm túc thực hiện.", deadline=timezone.now() + timedelta(days=3), signer_title="GIÁM ĐỐC",
        signer_name="Nguyễn Văn Mẫu", clauses=CLAUSES,
        addressees=(
            AddresseeValues("action", True, group_id=groups["communes"].pk),
            AddresseeValues("action", True, group_id=groups["telcos"].pk),
            AddresseeValues("report", organisation_id=province.id("ubnd")),
            AddresseeValues("archive", words="VT, CNTT"),
        ),
    )  # fmt: skip
    row = actions.create(province.asker("records_clerk"), province.id("sokhcn"), replace(said, **values))
    return Holiday(province, row, groups)
