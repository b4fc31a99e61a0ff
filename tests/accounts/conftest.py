"""People who sign in."""

import pytest
from factories import authenticator, bureau, enterprise, member
from sqlalchemy.orm import Session

from accounts.models import Membership
from foundation.actors import Role


@pytest.fixture
def manager(session: Session) -> Membership:
    """Of an enterprise, who needs a password only."""
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    session.commit()
    return person


@pytest.fixture
def officer(session: Session) -> Membership:
    """Whose authenticator is set up."""
    person = member(session, bureau(session), Role.OFFICER)
    authenticator(person.user)
    session.commit()
    return person
