// The week: "same as" the day before, and usual times for a day that is ticked.

export function hours(form, changed) {
  for (const day of form.querySelectorAll(".day")) {
    const same = day.querySelector(".same");
    const open = day.querySelector(".day-open");
    if (same) {
      same.hidden = false;
      same.addEventListener("click", () => {
        const from = form.querySelector(`.day[data-day="${same.dataset.same}"]`);
        open.checked = from.querySelector(".day-open").checked;
        copy(from, day);
        changed();
      });
    }
    open.addEventListener("change", () => {
      const times = [...day.querySelectorAll("input[type=time]")];
      if (open.checked && times.every((time) => !time.value)) {
        const filled = [...form.querySelectorAll(".day")].filter((other) =>
          other !== day && other.querySelector(".day-open").checked && other.querySelector("input[type=time]").value);
        if (filled.length) copy(filled.at(-1), day);
        else [times[0].value, times[1].value] = ["09:00", "17:00"];
      }
    });
  }
}

function copy(from, to) {
  const times = [...from.querySelectorAll("input[type=time]")];
  [...to.querySelectorAll("input[type=time]")].forEach((time, place) => { time.value = times[place].value; });
}
