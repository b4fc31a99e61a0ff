"""``huiqi staff``: offices and their people, entered and let in again by whoever runs the installation."""

import click

from accounts.models import OrganisationKind
from accounts.recovery import restore_access
from accounts.staff import ROLES, appoint, of_both_sides
from foundation.actors import Role
from foundation.unit_of_work import current_session

_password = click.option(
    "--password",
    envvar="HUIQI_STAFF_PASSWORD",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for when it is not in HUIQI_STAFF_PASSWORD.",
)


@click.group()
def staff() -> None:
    """People of bureaus, treasuries and the operator."""


@staff.command()
@click.option("--kind", type=click.Choice([kind.value for kind in ROLES]), required=True)
@click.option("--organisation", required=True, help="Name of the office.")
@click.option("--uscc", required=True, help="Unified social credit code of the office.")
@click.option("--region", required=True, help="Code of its region, such as 350200.")
@click.option(
    "--role", type=click.Choice(sorted({role.value for roles in ROLES.values() for role in roles})), required=True
)
@click.option("--person", required=True, help="Name of the person.")
@click.option("--email", required=True)
@_password
def add(
    *, kind: str, organisation: str, uscc: str, region: str, role: str, person: str, email: str, password: str
) -> None:
    """Give a person a role in an office; the second factor is set up at the first sign-in."""
    membership = appoint(
        current_session(),
        kind=OrganisationKind(kind),
        organisation=organisation,
        uscc=uscc,
        region_code=region,
        role=Role(role),
        person=person,
        email=email,
        password=password,
    )
    click.echo(f"{membership.user.email}: {role} of {membership.organisation.name}")
    held = of_both_sides(current_session(), [membership.user_id]).get(membership.user_id)
    if held:
        roles = ", ".join(f"{each.role.value} of {each.organisation.name}" for each in held)
        click.echo(
            f"warning: {membership.user.email} is now on both sides ({roles}); "
            "whoever decides in a programme can never appropriate, approve or pay in it",
            err=True,
        )


@staff.command()
@click.option("--email", required=True, help="The address with which the person signs in.")
@_password
def restore(*, email: str, password: str) -> None:
    """Give anybody who lost the password or the authenticator a new password; make sure of who asks first."""
    user = restore_access(current_session(), email=email, password=password)
    click.echo(f"{user.email}: new password, all sessions ended; the second factor is set up anew at the next sign-in")
